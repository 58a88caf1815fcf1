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
        help='path of a checkpoint or of a work directory, which stands for '
        'its best one; none for models that name their own',
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
    parser.add_argument(
        '--debug',
        action='store_true',
        help='show the traceback of every error',
    )
    return parser.parse_args()


if __name__ == '__main__':
    arguments = vars(parse_args())
    debug = arguments.pop('debug')
    try:
        test_config(**arguments)
    except (InputError, FileNotFoundError) as error:
        if debug:
            raise
        sys.exit(f'error: {error}')
