"""`adacode inpaint`: fill holes of images."""

import argparse

from .batch_options import add_batch_options
from .mask_files import MaskFiles
from .model_options import add_model_options
from .restore_files import restore_files

SUMMARY = 'Fill holes of images (inpainting).'
EXAMPLES = """examples:
  adacode inpaint photo.jpg --mask mask.png -o filled.png
  adacode inpaint photo.jpg --mask mask.png -o b.png --model adacode-inpaint
  adacode inpaint photos --mask masks -o filled --recursive
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    add_batch_options(parser)
    parser.add_argument(
        '--mask',
        required=True,
        metavar='M',
        help='image of the size of the photograph, white where it is to be '
        'filled; a folder with a mask of the same name for each; or "white", '
        'if the photographs are white there already',
    )
    parser.add_argument(
        '--no-composite',
        action='store_true',
        help='take all pixels from the network, as the release does (default: '
        'those outside of the holes stay as they are)',
    )
    add_model_options(parser)


def run(args: argparse.Namespace) -> int:
    """Fill the holes; returns the exit code."""
    return restore_files(
        args,
        'inpaint',
        masks=MaskFiles(args.mask),
        composite=False if args.no_composite else None,
    )
