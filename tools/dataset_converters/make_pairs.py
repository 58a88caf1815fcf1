"""Write low-resolution partners of patches, in parallel and resumably."""

import argparse
import sys

from adacode_mm.core.exceptions import InputError
from adacode_mm.data.preparation.degraded_patch import (
    DEGRADATIONS,
    PairSettings,
)
from adacode_mm.data.preparation.make_pairs import make_pairs


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        'gt',
        metavar='GT_DIR',
        help='folder of patches, as crop_patches.py writes it',
    )
    parser.add_argument(
        '--scale', type=int, default=4, help='downsampling (default: 4)'
    )
    parser.add_argument(
        '--out',
        help='folder for the partners, which have the names of the patches '
        '(default: GT_DIR_LR_X4); a second call does only what is missing',
    )
    parser.add_argument(
        '--degradation',
        choices=list(DEGRADATIONS),
        default='bsrgan',
        help='default: bsrgan',
    )
    parser.add_argument(
        '--seed',
        type=int,
        default=0,
        help='with the name of a patch, decides on its degradation '
        '(default: 0)',
    )
    parser.add_argument(
        '--workers', type=int, help='processes (default: one a core)'
    )
    return parser.parse_args()


def main() -> int:
    args = parse_args()
    settings = PairSettings(args.scale, args.degradation, args.seed)
    return make_pairs(args.gt, settings, args.out, args.workers)


if __name__ == '__main__':
    try:
        sys.exit(main())
    except InputError as error:
        sys.exit(f'error: {error}')
    except KeyboardInterrupt:
        sys.exit(130)
