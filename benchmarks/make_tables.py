"""Score any models and folders of results on test sets, as tables.

    python -m benchmarks.make_tables check --data data/eval
    python -m benchmarks.make_tables sr --scale 4 --data data/eval \\
        --sets Set5 BSD100 --degradation bsrgan --model bicubic \\
        --model tiny=adacode-tiny-x4 \\
        --model 'kxnet=folder:results/kxnet/{set}'

docs/tables.md says more.
"""

import argparse
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

import adacode_mm  # noqa: F401  # isort: skip  # adapts MMagic: comes first
from adacode_mm.core.exceptions import InputError
from adacode_mm.evaluation.protocols import EXTRA_METRICS, PROTOCOLS
from adacode_mm.work.stop_signals import stopped_by_signals
from benchmarks.tables.inputs import SOURCES, InputOptions
from benchmarks.tables.markdown import markdown_table
from benchmarks.tables.sets import check, find_sets
from benchmarks.tables.table import make_table

HOLE_SCORES = ['Hole-PSNR', 'Hole-SSIM', 'Hole-L1']
KINDS = {
    'sr': "the paper's table 2",
    'reconstruct': "the paper's table 1",
    'inpaint': "the paper's table 3",
    'ablation': "the paper's figure 9: models by number of codebooks",
}


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    tables = parser.add_subparsers(
        dest='table', metavar='TABLE', required=True
    )
    data = argparse.ArgumentParser(add_help=False)
    data.add_argument('--data', default='data/eval', help='test sets')
    data.add_argument('--sets', nargs='+', default=[], help='default: all')
    tables.add_parser(
        'check', parents=[data], help='whether test sets are complete'
    )
    common = argparse.ArgumentParser(add_help=False)
    add = common.add_argument
    # fmt: off
    add('--model', action='append', default=[], metavar='[LABEL=]SPEC',
        help='a row: a baseline (bicubic; white, mean, telea, navier-stokes), '
        'what Restorer opens, or folder:PATH with result images')
    add('--protocol', nargs='+', default=['bt601'], choices=list(PROTOCOLS))
    add('--metrics', nargs='*', choices=EXTRA_METRICS,
        help='default: LPIPS, for inpainting also in the holes')
    add('--out', default='work_dirs/tables', type=Path)
    add('--record', type=Path, metavar='FOLDER', help='keep the JSON here, '
        'too: benchmarks/records/tables for docs/benchmarks.md')
    add('--seed', type=_at_least(0), default=0, help='of inputs')
    add('--limit', type=_at_least(1), help='only the first of each set')
    add('--pictures', type=_at_least(0), default=0, metavar='N',
        help='show the first N images of each set side by side')
    add('--save-inputs', action='store_true', help='write what the models '
        'get to OUT/inputs, for other programs')
    add('--device', default='auto')
    add('--padding', default='released', choices=['released', 'minimal'])
    add('--fresh', action='store_true', help='compute everything again')
    for kind, what in KINDS.items():
        table = tables.add_parser(kind, parents=[data, common], help=what)
        add = table.add_argument
        if kind == 'sr':
            add('--scale', type=int, default=4, choices=[2, 4])
            add('--degradation', dest='source', default='bicubic',
                choices=list(SOURCES['sr']))
        if kind == 'inpaint':
            add('--masks', dest='source', default='strokes',
                choices=list(SOURCES['inpaint']))
            add('--brush-width', nargs=2, type=int, default=(12, 80),
                metavar=('LOW', 'HIGH'), help='in pixels')
            add('--no-composite', action='store_true',
                help='known pixels come from the network, too')
    # fmt: on
    return parser.parse_args(argv)


def _at_least(least):
    def number(text):
        if int(text) < least:
            raise argparse.ArgumentTypeError(f'must be at least {least}')
        return int(text)

    return number


def inputs_of(args: argparse.Namespace) -> InputOptions:
    """What the models of a table get; the default metrics are filled in."""
    task = 'reconstruct' if args.table == 'ablation' else args.table
    if args.metrics is None:
        args.metrics = ['LPIPS', *(HOLE_SCORES if task == 'inpaint' else [])]
    return InputOptions(
        task,
        getattr(args, 'scale', 1),
        getattr(args, 'source', 'truth'),
        args.seed,
        tuple(getattr(args, 'brush_width', (12, 80))),
    )


def main(argv: Sequence[str] | None = None) -> int:
    args = parse_args(argv)
    if args.table == 'check':
        all_problems = []
        for name, folder in find_sets(args.data, args.sets):
            found, problems = check(name, folder)
            print(f'{name}: {"PROBLEMS" if problems else "as expected"}')
            print('\n'.join(f'  {line}' for line in [*found, *problems]))
            all_problems += problems
        return int(bool(all_problems))
    given = sys.argv[1:] if argv is None else argv
    command = 'python -m benchmarks.make_tables ' + shlex.join(given)
    record, name = make_table(args, inputs_of(args), command)
    print(markdown_table(record))
    print(f'Written to {args.out}/{name}.md, .json, .csv, .png')
    return 0


if __name__ == '__main__':
    try:
        with stopped_by_signals():
            sys.exit(main())
    except InputError as error:
        sys.exit(f'error: {error}')
    except KeyboardInterrupt:
        print('interrupted: the same command goes on.', file=sys.stderr)
        sys.exit(130)
