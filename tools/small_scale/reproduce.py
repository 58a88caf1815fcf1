"""The method at small scale, from photographs to three networks and tables.

Stage I with five codebooks, VQGAN and VQGAN-aux as baselines, stage II with
one to five codebooks, stage III for SR x4, SR x2 and inpainting: all on the
same patches. Started again, it goes on where it was.
"""

import argparse
import sys
from pathlib import Path

import adacode_mm  # noqa: F401  # isort: skip  # adapts MMagic: comes first
from cluster_patches import cluster_patches
from plan import PLAN
from run_trainings import FOLDER, default_slots, run_trainings
from training_records import write_records

from adacode_mm.datasets.preparation.crop_patches import crop_folders
from adacode_mm.datasets.preparation.image_patches import CropSettings
from adacode_mm.exceptions import InputError

PATCH = 256  # pixels; BSDS500's photographs are 481x321
DATA = FOLDER / 'data'
INTERRUPTED = 130


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        'photographs',
        nargs='+',
        help='folders of photographs of at least 256x256 pixels: those of '
        'the records are BSDS500 train and test, and Sun-Hays80',
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
        '--records',
        type=Path,
        default=Path('benchmarks/small_scale'),
        help='where curves and codebook usage go (default: %(default)s)',
    )
    return parser.parse_args()


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
    slots = default_slots()
    if args.at_a_time:
        slots = (slots * args.at_a_time)[: args.at_a_time]
    prepare_data(args.photographs)
    run_trainings(plan, DATA.absolute(), slots)
    write_records(plan, args.records)


if __name__ == '__main__':
    try:
        main()
    except InputError as error:
        sys.exit(f'error: {error}')
    except KeyboardInterrupt:
        sys.exit('interrupted: call it again to go on')
