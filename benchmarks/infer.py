"""Measure how long restoring an image takes, part by part."""

import argparse
import sys

import adacode_mm  # noqa: F401  # isort: skip  # adapts MMagic: comes first
from adacode_mm.core.exceptions import InputError
from benchmarks.clocks.inference_benchmark import DTYPES, benchmark_infer
from benchmarks.clocks.measure_inference import SIDES


def size(text: str) -> tuple[int, int]:
    """WIDTHxHEIGHT as (height, width)."""
    width, height = text.lower().split('x')
    return int(height), int(width)


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        'model',
        nargs='?',
        default='configs/adacode/stage3_sr_x4.py',
        help='config, for random weights, or file of weights (default: '
        '%(default)s)',
    )
    parser.add_argument(
        '--size',
        type=size,
        default='128x128',
        metavar='WxH',
        help='of the input in pixels (default: %(default)s)',
    )
    parser.add_argument(
        '--dtypes',
        nargs='+',
        choices=DTYPES,
        default=['float32', 'bfloat16'],
        help='default: float32 bfloat16',
    )
    parser.add_argument(
        '--against',
        nargs='+',
        choices=SIDES[:-1],
        default=[],
        help='measure the same weights computed as the release does, or its '
        'graph in channels-last format, in turn with ours',
    )
    parser.add_argument(
        '--iters',
        type=int,
        default=3,
        metavar='N',
        help='passes to take medians over (default: %(default)s)',
    )
    parser.add_argument(
        '--rounds',
        type=int,
        default=3,
        metavar='N',
        help='processes for each way (default: %(default)s)',
    )
    parser.add_argument('--device', choices=['cpu', 'cuda'])
    parser.add_argument(
        '--json',
        dest='json_file',
        metavar='FILE',
        help='append the record to a file',
    )
    parser.add_argument('--seed', type=int, default=0)
    return parser.parse_args()


if __name__ == '__main__':
    try:
        benchmark_infer(**vars(parse_args()))
    except (InputError, FileNotFoundError) as error:
        sys.exit(f'error: {error}')
