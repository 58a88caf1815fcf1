"""Measure the peak memory of restoring one large image on the CPU."""

import argparse
import sys

import adacode_mm  # noqa: F401  # isort: skip  # adapts MMagic: comes first
from adacode_mm.core.exceptions import InputError
from benchmarks.clocks.memory_benchmark import benchmark_memory


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        'config',
        help='path of a config, for example configs/adacode/stage3_sr_x4.py',
    )
    parser.add_argument(
        '--output',
        default='4000x3000',
        metavar='WxH',
        help='size of the restored image (default: %(default)s)',
    )
    parser.add_argument(
        '--tile',
        default='exact',
        choices=['auto', 'whole', 'exact', 'released'],
        help='default: exact',
    )
    parser.add_argument(
        '--memory', type=int, metavar='BYTES', help='what restoring may use'
    )
    parser.add_argument(
        '--plain',
        action='store_true',
        help='the network as it is trained, not the accelerated one',
    )
    parser.add_argument(
        '--dtype', default='float32', choices=['float32', 'bfloat16']
    )
    parser.add_argument(
        '--json', metavar='FILE', help='append the record to a JSON list'
    )
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    try:
        width, height = (int(n) for n in args.output.split('x'))
    except ValueError:
        raise InputError(
            f'--output must be like 4000x3000, got {args.output!r}.'
        ) from None
    benchmark_memory(
        args.config,
        (width, height),
        args.tile,
        args.memory,
        args.plain,
        args.dtype,
        args.json,
    )


if __name__ == '__main__':
    try:
        main()
    except InputError as error:
        sys.exit(f'{sys.argv[0]}: {error}')
