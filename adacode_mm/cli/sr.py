"""`adacode sr`: enlarge images."""

import argparse

from .batch_options import add_batch_options
from .model_options import add_model_options
from .restore_files import restore_files

SUMMARY = 'Enlarge images (super-resolution).'
EXAMPLES = """examples:
  adacode sr photo.jpg -o large.png
  adacode sr photo.jpg -o large.png --scale 2
  adacode sr photo.jpg -o large.png --model adacode-x4
  adacode sr photos -o enlarged --recursive --batch-size 8
  torchrun --nproc-per-node 2 -m adacode_mm.cli.main sr photos -o enlarged
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    add_batch_options(parser)
    parser.add_argument(
        '--scale',
        type=int,
        help='2 or 4 (default: that of the model; without --model, 4, by the '
        'small network of this package, adacode-tiny-x4)',
    )
    add_model_options(parser)


def run(args: argparse.Namespace) -> int:
    """Enlarge the images; returns the exit code."""
    return restore_files(args, 'sr', scale=args.scale)
