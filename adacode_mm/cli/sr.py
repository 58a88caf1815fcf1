"""`adacode sr`: enlarge images."""

import argparse
import math

from .batch_options import add_batch_options
from .model_options import SCALES, add_model_options
from .output_size import OutputSize
from .restore_files import restore_files

SUMMARY = 'Enlarge images (super-resolution).'
EXAMPLES = """examples:
  adacode sr photo.jpg
  adacode sr photo.jpg -o large.png
  adacode sr photo.jpg -o poster.png --width 4000
  adacode sr photo.jpg -o large.png --scale 2
  adacode sr photo.jpg -o large.png --model adacode-x4
  adacode sr photos -o enlarged --recursive --batch-size 8
  torchrun --nproc-per-node 2 -m adacode_mm.cli.main sr photos -o enlarged
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    add_batch_options(parser)
    group = parser.add_mutually_exclusive_group()
    group.add_argument(
        '--scale',
        type=_scale,
        metavar='S',
        help='1 to 16, such as 2 or 3.5 (default: that of the model; without '
        '--model, 4). Other scales are resampled (Lanczos): those below 2 '
        'from x2, all others from x4, or from that of --model',
    )
    group.add_argument(
        '--width',
        type=_width,
        metavar='W',
        help='of the results in pixels, in the place of --scale; resampled '
        'from x4, or from the scale of --model',
    )
    add_model_options(parser)


def run(args: argparse.Namespace) -> int:
    """Enlarge the images; returns the exit code."""
    return restore_files(args, 'sr', **sizes(args))


def sizes(args: argparse.Namespace) -> dict:
    """Scale of the network, and size of the results if it is another."""
    scale = args.scale
    if args.width is not None:
        return {'size': OutputSize(width=args.width)}
    if scale is None or scale in SCALES:
        return {'scale': scale}
    if args.model is not None:
        return {'size': OutputSize(scale=scale)}
    native = next((each for each in SCALES if each >= scale), max(SCALES))
    return {'scale': native, 'size': OutputSize(scale=scale)}


def _scale(text):
    try:
        scale = float(text)
    except ValueError:
        scale = math.nan
    if not 1 <= scale <= 16:
        raise argparse.ArgumentTypeError(
            f'expected a number from 1 to 16, got {text!r}'
        )
    return int(scale) if scale == int(scale) else scale


def _width(text):
    if not text.isdecimal() or not 1 <= int(text) <= 100_000:
        raise argparse.ArgumentTypeError(
            f'expected a number of pixels from 1 to 100000, got {text!r}'
        )
    return int(text)
