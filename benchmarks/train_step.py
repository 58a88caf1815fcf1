"""Measure what a training step costs, part by part."""

import argparse
import sys

import adacode_mm  # noqa: F401  # isort: skip  # adapts MMagic: comes first
from mmengine.config import DictAction

from adacode_mm.core.exceptions import InputError
from benchmarks.clocks.compare_steps import benchmark_train


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config', help='path of a config')
    parser.add_argument(
        '--against',
        choices=['released'],
        help='measure the step of the released code beside ours, in turn',
    )
    parser.add_argument(
        '--iters',
        type=int,
        default=5,
        metavar='N',
        help='steps to take medians over (default: %(default)s)',
    )
    parser.add_argument(
        '--rounds',
        type=int,
        default=1,
        metavar='N',
        help='processes for each side (default: %(default)s)',
    )
    parser.add_argument(
        '--batch-size', type=int, metavar='B', help='images of a batch'
    )
    parser.add_argument('--device', choices=['cpu', 'cuda'])
    parser.add_argument(
        '--synthetic',
        action='store_true',
        help='random images instead of the training set',
    )
    parser.add_argument(
        '--random-backbones',
        action='store_true',
        help='random VGG weights in the losses: nothing is downloaded, and '
        'the cost is the same',
    )
    parser.add_argument('--amp', choices=['bf16', 'fp16'])
    parser.add_argument(
        '--json',
        dest='json_file',
        metavar='FILE',
        help='append the record to a file',
    )
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=DictAction,
        metavar='KEY=VALUE',
        help='change the config',
    )
    return parser.parse_args()


if __name__ == '__main__':
    try:
        benchmark_train(**vars(parse_args()))
    except (InputError, FileNotFoundError) as error:
        sys.exit(f'error: {error}')
