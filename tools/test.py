"""Evaluate a checkpoint with the metrics of its config."""

import argparse
import sys

import adacode_mm  # noqa: F401  # isort: skip  # adapts MMagic: comes first
from mmengine.config import DictAction

from adacode_mm.apis import test_config
from adacode_mm.core.exceptions import InputError


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config', help='path of a config')
    parser.add_argument(
        'checkpoint',
        nargs='?',
        help='path of a checkpoint; none for models that name their own',
    )
    parser.add_argument('--work-dir', help='folder for logs')
    parser.add_argument(
        '--out', help='file for the metrics, .json, .yaml or .pkl'
    )
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=DictAction,
        metavar='KEY=VALUE',
        help='change the config',
    )
    parser.add_argument(
        '--launcher',
        choices=['none', 'pytorch', 'slurm'],
        default='none',
        help='how the processes were started',
    )
    return parser.parse_args()


if __name__ == '__main__':
    try:
        test_config(**vars(parse_args()))
    except (InputError, FileNotFoundError) as error:
        sys.exit(f'error: {error}')
