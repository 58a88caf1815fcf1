"""Train a config."""

import argparse
import sys

import adacode_mm  # noqa: F401  # isort: skip  # adapts MMagic: comes first
from mmengine.config import DictAction

from adacode_mm.apis import train_config
from adacode_mm.core.exceptions import InputError


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config', help='path of a config')
    parser.add_argument(
        '--work-dir',
        help='folder for logs and checkpoints (default: '
        'work_dirs/<name of the config>)',
    )
    parser.add_argument(
        '--resume',
        action='store_true',
        help='go on from the last checkpoint in the work directory',
    )
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=DictAction,
        metavar='KEY=VALUE',
        help='change the config, for example '
        'train_dataloader.batch_size=4 train_cfg.max_iters=100',
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
    add_switches(parser.add_argument_group('switches'))
    return parser.parse_args()


def add_switches(group: argparse._ArgumentGroup):
    group.add_argument(
        '--amp', choices=['bf16', 'fp16'], help='train in mixed precision'
    )
    group.add_argument(
        '--ema',
        type=float,
        nargs='?',
        const=0.001,
        metavar='MOMENTUM',
        help='keep a moving average of the weights, which then predicts '
        '(default momentum: %(const)s)',
    )
    group.add_argument(
        '--accumulate',
        type=int,
        metavar='N',
        help='add up the gradients of N batches for a step',
    )
    group.add_argument(
        '--compile', action='store_true', help='compile the generator'
    )
    group.add_argument(
        '--auto-scale-lr',
        action='store_true',
        help='scale the learning rates with the images of a step',
    )


if __name__ == '__main__':
    arguments = vars(parse_args())
    debug = arguments.pop('debug')
    try:
        train_config(**arguments)
    except (InputError, FileNotFoundError) as error:
        if debug:
            raise
        sys.exit(f'error: {error}')
