"""The method at small scale, from photographs to three networks and tables.

Stage I with five codebooks, VQGAN and VQGAN-aux as baselines, stage II with
one to five codebooks, stage III for SR x4, SR x2 and inpainting: all on the
same patches. Started again, it goes on where it was.
"""

import argparse
import sys
from pathlib import Path

import adacode_mm  # noqa: F401  # isort: skip  # adapts MMagic: comes first
from adacode_mm.core.exceptions import InputError
from adacode_mm.data.preparation.crop_patches import crop_folders
from adacode_mm.data.preparation.image_patches import CropSettings
from adacode_mm.work.stop_signals import stopped_by_signals
from benchmarks.small_scale.cluster_patches import cluster_patches
from benchmarks.small_scale.measure import measure
from benchmarks.small_scale.plan import PLAN
from benchmarks.small_scale.run_trainings import (
    FOLDER,
    default_slots,
    run_trainings,
)
from benchmarks.small_scale.training_records import write_records

PATCH = 256  # pixels; BSDS500's photographs are 481x321
DATA = FOLDER / 'data'
INTERRUPTED = 130
TEST_SETS = ('Set5', 'BSD100')


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        'photographs',
        nargs='+',
        help='folders of photographs of at least 256x256 pixels: those of '
        'the records are BSDS500 train and test (without 302003, which is in '
        'Set5) and 40 of Sun-Hays80',
    )
    parser.add_argument(
        '--only',
        nargs='+',
        metavar='NAME',
        choices=[training.name for training in PLAN],
        help='trainings, of ' + ', '.join(t.name for t in PLAN),
    )
    parser.add_argument(
        '--at-a-time',
        type=int,
        metavar='N',
        help='trainings at a time (default: one a GPU, or a core)',
    )
    parser.add_argument(
        '--test-sets',
        type=Path,
        default=Path('data/eval'),
        metavar='FOLDER',
        help='holds Set5 and BSD100; without them there are no tables '
        '(default: %(default)s)',
    )
    parser.add_argument(
        '--records',
        type=Path,
        default=Path('benchmarks/records/small_scale'),
        help='where curves and codebook usage go (default: %(default)s)',
    )
    parser.add_argument(
        '--tables',
        type=Path,
        default=Path('benchmarks/records/tables'),
        help='where the scores go (default: %(default)s)',
    )
    return parser.parse_args()


def slots_for(at_a_time: int | None) -> list[dict[str, str]]:
    """Places for trainings, as many as wanted.

    Raises:
        InputError: If that is less than one.
    """
    slots = default_slots()
    if at_a_time is None:
        return slots
    if at_a_time < 1:
        raise InputError(
            f'Expected --at-a-time of at least 1, got {at_a_time}: leave it '
            f'out for one a GPU, or a core.'
        )
    return (slots * at_a_time)[:at_a_time]


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


def main() -> None:
    args = parse_args()
    plan = [t for t in PLAN if args.only is None or t.name in args.only]
    slots = slots_for(args.at_a_time)
    prepare_data(args.photographs)
    run_trainings(plan, DATA.absolute(), slots)
    write_records(plan, args.records)
    if args.test_sets.is_dir():
        measure(args.test_sets, args.tables, TEST_SETS)
    else:
        print(f'There is no {args.test_sets}: no tables are made.')


if __name__ == '__main__':
    try:
        with stopped_by_signals():  # else the trainings would go on alone
            main()
    except InputError as error:
        sys.exit(f'error: {error}')
    except KeyboardInterrupt:
        sys.exit('interrupted: call it again to go on')
