"""Measure how long degrading an image takes on one core, step by step."""

import argparse
import sys

import adacode_mm  # noqa: F401  # isort: skip  # adapts MMagic: comes first
from adacode_mm.core.exceptions import InputError
from benchmarks.clocks.degradation_benchmark import (
    benchmark_degradation,
    benchmark_loader,
)


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        '--images',
        default='tests/data/photos',
        help='folder of images (default: %(default)s)',
    )
    parser.add_argument('--scale', type=int, default=4, help='default: 4')
    parser.add_argument(
        '--size',
        type=int,
        default=256,
        help='side of the image to degrade (default: 256)',
    )
    parser.add_argument(
        '--samples', type=int, default=300, help='how many (default: 300)'
    )
    parser.add_argument(
        '--chain',
        choices=['bsrgan', 'bsrgan_plus'],
        default='bsrgan',
        help='default: bsrgan',
    )
    parser.add_argument(
        '--against',
        choices=['reference'],
        help='measure the steps as the release does them, too, in turn',
    )
    parser.add_argument(
        '--loader',
        metavar='CONFIG',
        help='measure the training data loader of this config instead, on '
        '512 px patches; for example configs/adacode/stage3_sr_x4_online.py',
    )
    parser.add_argument(
        '--workers',
        type=int,
        default=2,
        help='worker processes of the data loader (default: 2)',
    )
    parser.add_argument(
        '--batches',
        type=int,
        default=40,
        help='batches to wait for (default: 40)',
    )
    parser.add_argument(
        '--json', metavar='FILE', help='add the numbers to this JSON list'
    )
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    if args.loader:
        benchmark_loader(
            args.images, args.loader, args.workers, args.batches, args.json
        )
        return
    benchmark_degradation(
        args.images,
        args.scale,
        args.size,
        args.samples,
        args.chain,
        args.against == 'reference',
        args.json,
    )


if __name__ == '__main__':
    try:
        main()
    except (InputError, FileNotFoundError) as error:
        sys.exit(f'error: {error}')
