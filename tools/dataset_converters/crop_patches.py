"""Cut photographs into patches of one size, in parallel and resumably."""

import argparse
import sys

from adacode_mm.core.exceptions import InputError
from adacode_mm.data.preparation.crop_patches import crop_folders
from adacode_mm.data.preparation.image_patches import CropSettings
from adacode_mm.data.preparation.patch_stores import BACKENDS

FFHQ = (0.5, 1.0)


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        'folders', nargs='+', metavar='SRC', help='folder of images'
    )
    parser.add_argument(
        '--out',
        required=True,
        help='folder for the patches, manifest.jsonl and report.txt; a second '
        'call does only what is missing',
    )
    parser.add_argument(
        '--size', type=int, default=512, help='side of a patch (default: 512)'
    )
    parser.add_argument(
        '--stride',
        type=int,
        help='distance of the patches; the last of a row and a column lies at '
        'the border (default: the size)',
    )
    group = parser.add_mutually_exclusive_group()
    group.add_argument(
        '--random-resize',
        nargs=2,
        type=float,
        metavar=('LOW', 'HIGH'),
        help='resize by a random factor and cut one patch at a random place',
    )
    group.add_argument(
        '--ffhq',
        action='store_true',
        help='the same as --random-resize 0.5 1.0',
    )
    parser.add_argument(
        '--seed', type=int, default=0, help='of the random resize (default: 0)'
    )
    parser.add_argument(
        '--backend',
        choices=BACKENDS,
        default='png',
        help='PNG files or an LMDB (default: png)',
    )
    parser.add_argument(
        '--workers', type=int, help='processes (default: one a core)'
    )
    return parser.parse_args()


def main() -> int:
    args = parse_args()
    settings = CropSettings(
        size=args.size,
        stride=args.size if args.stride is None else args.stride,
        random_resize=FFHQ
        if args.ffhq
        else args.random_resize and tuple(args.random_resize),
        seed=args.seed,
        backend=args.backend,
    )
    return crop_folders(args.folders, args.out, settings, args.workers)


if __name__ == '__main__':
    try:
        sys.exit(main())
    except InputError as error:
        sys.exit(f'error: {error}')
    except KeyboardInterrupt:
        sys.exit(130)
