"""Write docs/benchmarks.md from the records in benchmarks/."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import adacode_mm  # noqa: F401  # isort: skip  # adapts MMagic: comes first
from adacode_mm.core.atomic_files import write_atomically
from adacode_mm.core.exceptions import InputError
from benchmarks.tables.benchmark_page import benchmark_page

ROOT = Path(__file__).resolve().parents[1]


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        '--records',
        type=Path,
        default=ROOT / 'benchmarks/records',
        metavar='FOLDER',
    )
    parser.add_argument(
        '--out', type=Path, default=ROOT / 'docs/benchmarks.md', metavar='FILE'
    )
    args = parser.parse_args(argv)
    write_atomically(args.out, benchmark_page(args.records))
    print(f'Written to {args.out}')


if __name__ == '__main__':
    try:
        main()
    except InputError as error:
        sys.exit(f'error: {error}')
