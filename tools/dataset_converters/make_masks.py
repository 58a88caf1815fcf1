"""Draw brush-stroke masks for a folder of images, for inpainting.

Training draws its masks on the way and needs no files; they are for test sets
that shall stay as they are, and to look at.
"""

import argparse
import os
import sys

from adacode_mm.core.exceptions import InputError
from adacode_mm.data.preparation.make_masks import MaskSettings, make_masks


def parse_args() -> argparse.Namespace:
    default = MaskSettings()
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('folder', metavar='SRC', help='folder of images')
    parser.add_argument(
        '--out',
        help='folder for the masks, white in the holes (default: SRC_masks); '
        'a second call does only what is missing',
    )
    parser.add_argument(
        '--paint',
        nargs='?',
        const='',
        metavar='DIR',
        help='also write the images with white holes (default: to '
        'SRC_inpaint)',
    )
    for flag, what in (
        ('num-strokes', 'strokes of a mask'),
        ('num-steps', 'line segments of a stroke'),
        ('brush-width', 'pixels across a stroke'),
    ):
        low, high = getattr(default, flag.replace('-', '_'))
        parser.add_argument(
            f'--{flag}',
            nargs=2,
            type=int,
            default=(low, high),
            metavar=('LOW', 'HIGH'),
            help=f'{what}, HIGH not included (default: {low} {high})',
        )
    parser.add_argument(
        '--released-axes',
        action='store_true',
        help='swap width and height as the released code does',
    )
    parser.add_argument(
        '--seed', type=int, default=0, help='of the masks (default: 0)'
    )
    parser.add_argument(
        '--workers', type=int, help='processes (default: one a core)'
    )
    return parser.parse_args()


def main() -> int:
    args = parse_args()
    source = os.path.abspath(args.folder)  # for '.', too
    paint = f'{source}_inpaint' if args.paint == '' else args.paint
    settings = MaskSettings(
        num_strokes=tuple(args.num_strokes),
        num_steps=tuple(args.num_steps),
        brush_width=tuple(args.brush_width),
        released_axes=args.released_axes,
        seed=args.seed,
    )
    out = args.out or f'{source}_masks'
    return make_masks(source, out, paint, settings, args.workers)


if __name__ == '__main__':
    try:
        sys.exit(main())
    except InputError as error:
        sys.exit(f'error: {error}')
    except KeyboardInterrupt:
        sys.exit(130)
