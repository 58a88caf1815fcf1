"""The method at small scale, from photographs to three networks and tables.

Stage I with five codebooks, VQGAN and VQGAN-aux as baselines, stage II with
one to five codebooks, stage III for SR x4, SR x2 and inpainting: all on the
same patches. Started again, it goes on where it was.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import adacode_mm  # noqa: F401  # isort: skip  # adapts MMagic: comes first
from adacode_mm.core.exceptions import InputError
from adacode_mm.data.preparation.crop_patches import crop_folders
from adacode_mm.data.preparation.image_patches import CropSettings
from adacode_mm.work.stop_signals import stopped_by_signals
from benchmarks import make_tables
from benchmarks.small_scale.curves import write_records
from benchmarks.small_scale.patches import cluster_patches
from benchmarks.small_scale.plan import FOLDER, GROUPS, PLAN
from benchmarks.small_scale.trainings import default_slots, run_trainings
from benchmarks.tables.baselines import BASELINES

PATCH = 256  # pixels; BSDS500's photographs are 481x321
DATA = FOLDER / 'data'
INTERRUPTED = 130
TEST_SETS = ('Set5', 'BSD100')
PROTOCOLS = ['--protocol', 'bt601', 'paper', 'rgb']
# Those that need no weights.
SCORES = ['--metrics', 'LPIPS', 'FSIM', 'GMSD']
RECONSTRUCTED = {
    'vqgan': 'vqgan_512x56',
    'vqgan-aux': 'vqgan_aux_896x32',
    'vqgan-aux-moving': 'vqgan_aux_moving',
    'adacode': 'stage2',
}


def prepare_data(photographs: list[str]) -> None:
    """Cut the patches and sort them into groups, if that is not done."""
    settings = CropSettings(size=PATCH, stride=PATCH)
    code = crop_folders(photographs, DATA / 'patches', settings)
    if code == INTERRUPTED:
        raise KeyboardInterrupt
    if code:
        raise InputError(
            f'Some photographs could not be cut, see {DATA}/patches/'
            'report.txt: remove or replace them.'
        )
    cluster_patches(DATA)


def table_arguments() -> Iterator[list[str]]:
    """Arguments of `make_tables`, for every table that can be made."""
    done = {t.name: str(t.folder) for t in PLAN if t.finished()}
    rows = [
        f'--model={label}={done[name]}'
        for label, name in RECONSTRUCTED.items()
        if name in done
    ]
    if rows:
        yield ['reconstruct', *rows, *PROTOCOLS]
    counted = ['_'.join(('stage2', *GROUPS[:n])) for n in range(1, 5)]
    counted = [name for name in [*counted, 'stage2'] if name in done]
    if len(counted) > 1:
        yield ['ablation', *(f'--model={done[name]}' for name in counted)]
    for scale in (4, 2):
        folder = done.get(f'stage3_sr_x{scale}_sharp')
        rows = ['--model=bicubic', f'--model=tiny={folder}']
        plain = done.get(f'plain_sr_x{scale}')
        rows += [f'--model=plain={plain}'] if plain else []
        for source in ('bsrgan', 'bicubic') if folder else ():
            how = ['--scale', str(scale), '--degradation', source]
            yield ['sr', *how, *rows, *PROTOCOLS, *SCORES]
    if 'stage3_inpaint_sharp' in done:
        rows = [f'--model={x}' for x in BASELINES['inpaint']]
        rows += [f'--model=tiny={done["stage3_inpaint_sharp"]}']
        yield ['inpaint', *rows, *PROTOCOLS]


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    # fmt: off
    add = parser.add_argument
    add('photographs', nargs='+', help='folders of photographs of at least '
        '256x256 pixels: those of the records are BSDS500 train and test '
        '(without 302003, which is in Set5) and 40 of Sun-Hays80')
    add('--only', nargs='+', metavar='NAME', choices=[t.name for t in PLAN],
        help='trainings, of ' + ', '.join(t.name for t in PLAN))
    add('--at-a-time', type=int, metavar='N',
        help='trainings at a time (default: one a GPU, or a core)')
    add('--test-sets', type=Path, default='data/eval', metavar='FOLDER',
        help='holds Set5 and BSD100; without them there are no tables')
    add('--records', type=Path, default='benchmarks/records',
        help='where curves, codebook usage and scores go')
    # fmt: on
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    plan = [t for t in PLAN if args.only is None or t.name in args.only]
    slots = default_slots()
    if args.at_a_time is not None:
        if args.at_a_time < 1:
            raise InputError('--at-a-time must be at least 1.')
        slots = (slots * args.at_a_time)[: args.at_a_time]
    prepare_data(args.photographs)
    run_trainings(plan, DATA.absolute(), slots)
    write_records(plan, args.records / 'small_scale')
    if not args.test_sets.is_dir():
        print(f'There is no {args.test_sets}: no tables are made.')
        return
    for arguments in table_arguments():
        place = ['--data', str(args.test_sets), '--sets', *TEST_SETS]
        place += ['--record', str(args.records / 'tables')]
        make_tables.main([*arguments, *place])


if __name__ == '__main__':
    try:
        with stopped_by_signals():  # else the trainings would go on alone
            main()
    except InputError as error:
        sys.exit(f'error: {error}')
    except KeyboardInterrupt:
        sys.exit('interrupted: call it again to go on')
