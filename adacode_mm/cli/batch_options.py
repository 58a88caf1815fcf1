"""Which images, and where the results go: options of restoring commands."""

import argparse
import re

from adacode_mm.core.exceptions import InputError
from adacode_mm.work.inputs import Found, find_inputs, read_list
from adacode_mm.work.plan import FORMATS, folder_of

ENGINES = ('local', 'ray')


def add_batch_options(parser: argparse.ArgumentParser) -> None:
    """Add the inputs, `-o` and all that is about files."""
    parser.add_argument(
        'images',
        nargs='*',
        metavar='IN',
        help="images, folders of images, or patterns in quotes ('*.jpg')",
    )
    parser.add_argument(
        '-i',
        '--input',
        dest='also',
        nargs='+',
        action='extend',
        default=[],
        metavar='IN',
        help='the same, behind an option',
    )
    parser.add_argument(
        '-o',
        '--out',
        '--output',
        metavar='OUT',
        help='folder for the results; a file, if there is one image (default: '
        'beside each image, which must be named itself: photo_x4.png)',
    )
    group = parser.add_argument_group('files')
    group.add_argument(
        '--list',
        metavar='FILE',
        help='text file that names images, one a line',
    )
    group.add_argument(
        '-r',
        '--recursive',
        action='store_true',
        help='search folders below, too; OUT mirrors them',
    )
    group.add_argument(
        '--format',
        choices=sorted(set(FORMATS.values())),
        help='of the results (default: that of OUT if it is a file, tiff for '
        'TIFF, else png, which loses nothing)',
    )
    group.add_argument(
        '--quality',
        type=_quality,
        metavar='N',
        default=95,
        help='1 to 100, of jpg and webp (default: %(default)s)',
    )
    group.add_argument(
        '--suffix',
        type=_suffix,
        default='',
        help='goes between name and ending of a result, such as _x4',
    )
    group.add_argument(
        '--overwrite',
        action='store_true',
        help='restore again what is there, and replace files of others',
    )
    group.add_argument(
        '--batch-size',
        type=_batch_size,
        metavar='N',
        default=1,
        help='most images of one size to compute together (default: '
        '%(default)s)',
    )
    group = parser.add_argument_group('who does the work')
    group.add_argument(
        '--engine',
        choices=ENGINES,
        default='local',
        help='this machine, or a Ray cluster (default: %(default)s)',
    )
    group.add_argument(
        '--workers',
        type=_workers,
        metavar='N',
        help='processes of one thread each (default: one with all threads; '
        'by Ray, as many as the cluster has room for)',
    )
    group.add_argument(
        '--address',
        help='of the Ray cluster; auto finds that of this machine (default: '
        'a cluster of this machine alone, for this call)',
    )
    group.add_argument(
        '--gpus-per-worker',
        type=float,
        metavar='X',
        default=0,
        help='GPUs, or a part of one, for a worker of Ray (default: none)',
    )
    parser.add_argument(
        '-q',
        '--quiet',
        action='store_true',
        help='say only what went wrong',
    )
    group.add_argument(
        '--debug',
        action='store_true',
        help='show the traceback of an unexpected error on the screen, too',
    )


def inputs_of(args: argparse.Namespace) -> Found:
    """The images that the options name.

    Raises:
        InputError: If they name none, or one that is not there.
    """
    named = [*args.images, *args.also]
    if args.list:
        named += read_list(args.list)
    if not named:
        raise InputError(
            'Expected images to restore, got none: name images or folders, '
            'or give --list.'
        )
    out = None if args.out is None else folder_of(args.out)
    found = find_inputs(named, recursive=args.recursive, out=out)
    if out is None and found.in_folders:
        raise InputError(
            f'Expected -o with a folder for the results of all that is in '
            f'{", ".join(named)}: give it; only images that are named '
            'themselves get their results beside them.'
        )
    return found


def _quality(text):
    return _whole_number(text, 1, 100)


def _workers(text):
    return _whole_number(text, 1, 4096)


def _batch_size(text):
    return _whole_number(text, 1, 4096)


def _whole_number(text, low, high):
    if not re.fullmatch(r'\d{1,9}', text) or not low <= int(text) <= high:
        raise argparse.ArgumentTypeError(
            f'expected a whole number from {low} to {high}, got {text!r}'
        )
    return int(text)


def _suffix(text):
    if '/' in text or '\\' in text or '\0' in text:
        raise argparse.ArgumentTypeError(
            f'expected a part of a file name, got {text!r}'
        )
    return text
