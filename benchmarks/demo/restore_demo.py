"""Restore photographs with the weights of the package.

Photographs that come with scikit-image are degraded (the same way each time),
enlarged or filled in, and compared with the originals: pictures side by side
and a table, in less than a minute on two CPU cores, without any download.
"""

import argparse
import sys
from pathlib import Path


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        '--out', default='work_dirs/demo', help='folder for the pictures'
    )
    parser.add_argument(
        '--model',
        action='append',
        default=[],
        metavar='NAME_OR_FILE',
        help='take this model for its task and scale, instead of the one of '
        'the package; may be given several times',
    )
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    print('Loading PyTorch and MMagic, some seconds ...', flush=True)
    # Only now: it takes seconds, in which nothing would be seen.
    import adacode_mm  # noqa: F401  # isort: skip  # before MMagic
    from adacode_mm.core.exceptions import InputError
    from benchmarks.demo.demo_run import run_demo

    try:
        table = run_demo(Path(args.out), args.model)
    except InputError as error:
        sys.exit(f'error: {error}')
    print(f'\n{table}\nPictures are in {args.out}, the first is demo.png')


if __name__ == '__main__':
    try:
        main()
    except KeyboardInterrupt:
        sys.exit('interrupted: call it again')
