"""Score any models and folders of results on test sets, as tables.

    make_tables.py check --data data/eval
    make_tables.py sr --scale 4 --data data/eval --sets Set5 BSD100 \\
        --degradation bsrgan --model bicubic --model tiny=adacode-tiny-x4 \\
        --model 'swinir=config.py::weights.pth' \\
        --model 'kxnet=folder:results/kxnet/{set}'

docs/tables.md says more.
"""

import argparse
import atexit
import gc
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

import adacode_mm  # noqa: F401  # isort: skip  # adapts MMagic: comes first
from adacode_mm.core.exceptions import InputError
from adacode_mm.evaluation.protocols import EXTRA_METRICS, PROTOCOLS
from adacode_mm.work.stop_signals import stopped_by_signals
from benchmarks.tables.check_sets import check_set, folders_to_check
from benchmarks.tables.degraded_inputs import DEGRADATIONS, MASKS, InputOptions
from benchmarks.tables.make_table import make_table
from benchmarks.tables.markdown_table import markdown_table
from benchmarks.tables.table_request import TableRequest

HOLE_SCORES = ['Hole-PSNR', 'Hole-SSIM', 'Hole-L1']


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    tables = parser.add_subparsers(
        dest='table', metavar='TABLE', required=True
    )
    data = argparse.ArgumentParser(add_help=False)
    data.add_argument(
        '--data', default='data/eval', help='test sets (%(default)s)'
    )
    data.add_argument(
        '--sets', nargs='+', default=[], metavar='SET', help='default: all'
    )
    tables.add_parser(
        'check', parents=[data], help='whether test sets are complete'
    )
    common = _common()
    sr = tables.add_parser(
        'sr', parents=[data, common], help="the paper's table 2"
    )
    sr.add_argument('--scale', type=int, default=4, choices=[2, 4])
    sr.add_argument(
        '--degradation', default='bicubic', choices=list(DEGRADATIONS)
    )
    tables.add_parser(
        'reconstruct', parents=[data, common], help="the paper's table 1"
    )
    inpaint = tables.add_parser(
        'inpaint', parents=[data, common], help="the paper's table 3"
    )
    inpaint.add_argument('--masks', default='strokes', choices=list(MASKS))
    inpaint.add_argument(
        '--brush-width',
        nargs=2,
        type=int,
        default=(12, 80),
        metavar=('LOW', 'HIGH'),
        help='of strokes in pixels, as in the release by default (12 80)',
    )
    inpaint.add_argument(
        '--no-composite',
        action='store_true',
        help='known pixels come from the network, too',
    )
    tables.add_parser(
        'ablation',
        parents=[data, common],
        help="the paper's figure 9: stage II models by number of codebooks",
    )
    return parser.parse_args(argv)


def _common() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        '--model',
        action='append',
        default=[],
        metavar='[LABEL=]SPEC',
        help='a row: a baseline (bicubic; white, mean, telea, navier-stokes), '
        'a published name, file or work dir of ours, CONFIG.py::WEIGHTS of '
        'MMagic, or folder:PATH with result images',
    )
    common.add_argument(
        '--protocol', nargs='+', default=['bt601'], choices=list(PROTOCOLS)
    )
    common.add_argument(
        '--metrics',
        nargs='*',
        default=None,
        choices=EXTRA_METRICS,
        help='default: LPIPS, for inpainting also in the holes',
    )
    common.add_argument('--out', default='work_dirs/tables', type=Path)
    common.add_argument(
        '--record',
        type=Path,
        metavar='FOLDER',
        help='keep the JSON here, too: benchmarks/records/tables for '
        'docs/benchmarks.md',
    )
    common.add_argument(
        '--seed', type=int, default=0, help='of degradations and masks'
    )
    common.add_argument(
        '--limit', type=int, metavar='N', help='only the first N of each set'
    )
    common.add_argument(
        '--pictures',
        type=int,
        default=0,
        metavar='N',
        help='show the first N images of each set side by side',
    )
    common.add_argument(
        '--save-inputs',
        action='store_true',
        help='write what the models get to OUT/inputs, for other programs',
    )
    common.add_argument('--device', default='auto')
    common.add_argument(
        '--padding', default='released', choices=['released', 'minimal']
    )
    common.add_argument(
        '--fresh', action='store_true', help='compute everything again'
    )
    return common


def requested(args: argparse.Namespace, command: str) -> TableRequest:
    """The table that the arguments describe."""
    task = 'reconstruct' if args.table == 'ablation' else args.table
    sources = {'sr': 'degradation', 'inpaint': 'masks'}
    inputs = InputOptions(
        task,
        getattr(args, 'scale', 1),
        getattr(args, sources.get(task, ''), 'bicubic'),
        args.seed,
        tuple(getattr(args, 'brush_width', (12, 80))),
    )
    metrics = args.metrics
    if metrics is None:
        metrics = ['LPIPS', *(HOLE_SCORES if task == 'inpaint' else [])]
    options = {'device': args.device, 'padding': args.padding}
    if getattr(args, 'no_composite', False):
        options['composite'] = False
    return TableRequest(
        kind=args.table,
        data=Path(args.data),
        models=args.model,
        out=args.out,
        inputs=inputs,
        sets=args.sets,
        protocols=args.protocol,
        metrics=metrics,
        limit=args.limit,
        pictures=args.pictures,
        fresh=args.fresh,
        restorer_options=options,
        command=command,
        record=args.record,
        save_inputs=args.save_inputs,
    )


def check(args: argparse.Namespace) -> int:
    """Print what is there and what is wrong; 1 if anything is."""
    problems = 0
    for name, folder in folders_to_check(args.data, args.sets):
        report = check_set(name, folder)
        print(
            f'{name}: {"as expected" if not report.problems else "PROBLEMS"}'
        )
        for line in report.found:
            print(f'  {line}')
        for line in report.problems:
            print(f'  problem: {line}')
        problems += len(report.problems)
    return int(problems > 0)


def main(argv: Sequence[str] | None = None) -> int:
    args = parse_args(argv)
    if args.table == 'check':
        return check(args)
    given = sys.argv[1:] if argv is None else argv
    command = 'python -m benchmarks.make_tables ' + shlex.join(given)
    request = requested(args, command)
    record = make_table(request)
    print(markdown_table(record))
    print(f'Written to {request.out}/{request.name}.md, .json, .csv, .png')
    return 0


if __name__ == '__main__':
    # Python's last collection would look at all of MMagic: seconds.
    atexit.register(gc.freeze)
    try:
        with stopped_by_signals():
            sys.exit(main())
    except InputError as error:
        sys.exit(f'error: {error}')
    except KeyboardInterrupt:
        print('interrupted: the same command goes on.', file=sys.stderr)
        sys.exit(130)
