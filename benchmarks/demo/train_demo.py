"""Train a small AdaCode on bundled photographs and restore an unseen one.

Five tiny codebooks, stage II, stage III for SR x4, then MMagic's inferencer:
about five minutes on two CPU cores, without any download. Started again, it
goes on where it was interrupted.
"""

import argparse
import shutil
import sys
from pathlib import Path

import adacode_mm  # noqa: F401  # isort: skip  # adapts MMagic: comes first
from adacode_mm.core.exceptions import InputError
from benchmarks.demo.photographs import prepare
from benchmarks.demo.report import write_report
from benchmarks.demo.stages import train_all


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        '--out', default='work_dirs/demo_train', help='folder for everything'
    )
    parser.add_argument(
        '--fresh', action='store_true', help='forget what was trained before'
    )
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    folder = Path(args.out).absolute()
    if args.fresh:
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    prepare(folder / 'data')
    train_all(folder)
    table = write_report(folder)
    sys.stdout.write(f'\n{table}\nPictures and tables: {args.out}\n')


if __name__ == '__main__':
    try:
        main()
    except InputError as error:
        sys.exit(f'error: {error}')
    except KeyboardInterrupt:
        sys.exit('interrupted: call it again to go on')
