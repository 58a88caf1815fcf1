"""Divide patches among the five super-classes by semantic segmentation.

In several processes, on one machine or more with a common file system:
torchrun --nproc_per_node 4 tools/dataset_converters/label_patches.py ...
"""

import argparse
import sys
from collections import defaultdict

import adacode_mm  # noqa: F401  # isort: skip  # adapts MMagic: comes first
from adacode_mm.core.exceptions import InputError
from adacode_mm.data.labelling.label_patches import label_patches
from adacode_mm.data.labelling.labelling_options import (
    DivisionOptions,
    NetworkOptions,
)
from adacode_mm.data.labelling.super_class_rules import RULES


def parse_args() -> argparse.Namespace:
    network, division = NetworkOptions(), DivisionOptions()
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('patches', help='folder of patches, or LMDB of them')
    parser.add_argument(
        '--out',
        help='folder for lists, table and contact sheets (default: '
        '`annotations` beside the patches)',
    )
    parser.add_argument(
        '--manifest',
        help='JSON lines that name the photograph of each patch (default: '
        'manifest.jsonl of crop_patches.py, where there is one)',
    )
    parser.add_argument(
        '--config',
        default=network.config,
        help='config of mmsegmentation (default: %(default)s)',
    )
    parser.add_argument(
        '--checkpoint',
        help='file or URL of its weights (default: the published ones of the '
        'default config, in the cache of PyTorch)',
    )
    parser.add_argument(
        '--device', help='cpu, cuda or cuda:1 (default: cuda, if there is one)'
    )
    parser.add_argument('--batch-size', type=int, default=network.batch_size)
    parser.add_argument(
        '--workers',
        type=int,
        default=network.workers,
        help='processes that read patches, for each that segments (default: '
        '%(default)s)',
    )
    parser.add_argument(
        '--rule',
        choices=list(RULES),
        default=division.rule,
        help='largest super-class (default, as the released code), or '
        'super-class of the largest class (as the paper says)',
    )
    parser.add_argument(
        '--table',
        default=division.table,
        help='CSV with the super-class of every class (default: %(default)s)',
    )
    parser.add_argument(
        '--force-class',
        nargs=2,
        action='append',
        default=[],
        metavar=('CLASS', 'PATTERN'),
        help='patches that belong to CLASS and are not segmented: those whose '
        'name or photograph fits PATTERN, for example: portrait "*ffhq*"',
    )
    parser.add_argument(
        '--valid-fraction',
        type=float,
        default=division.valid_fraction,
        help='share of the photographs that is for validation (default: '
        '%(default)s)',
    )
    parser.add_argument(
        '--seed',
        type=int,
        default=division.seed,
        help='of the split and of the contact sheets (default: %(default)s)',
    )
    parser.add_argument(
        '--sheet-patches',
        type=int,
        default=division.sheet_patches,
        help='patches on a contact sheet (default: %(default)s)',
    )
    return parser.parse_args()


def main(args: argparse.Namespace) -> int:
    forced = defaultdict(list)
    for super_class, pattern in args.force_class:
        forced[super_class].append(pattern)
    return label_patches(
        args.patches,
        args.out,
        args.manifest,
        NetworkOptions(
            args.config,
            args.checkpoint,
            args.device,
            args.batch_size,
            args.workers,
        ),
        DivisionOptions(
            args.rule,
            args.table,
            forced,
            args.valid_fraction,
            args.seed,
            args.sheet_patches,
        ),
    )


if __name__ == '__main__':
    try:
        sys.exit(main(parse_args()))
    except (InputError, FileNotFoundError) as error:
        sys.exit(f'error: {error}')
    except KeyboardInterrupt:
        sys.exit(130)
