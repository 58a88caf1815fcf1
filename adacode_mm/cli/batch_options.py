"""Which images, and where the results go: options of restoring commands."""

import argparse
import os
import re

from adacode_mm.core.exceptions import InputError
from adacode_mm.work.claims import is_result
from adacode_mm.work.find_inputs import FoundInputs, find_inputs, read_list
from adacode_mm.work.output_names import FORMATS, folder_of


def add_batch_options(parser: argparse.ArgumentParser) -> None:
    """Add the inputs, `-o` and all that is about files."""
    parser.add_argument(
        'images',
        nargs='*',
        metavar='IN',
        help="images, folders of images, or patterns in quotes ('*.jpg')",
    )
    parser.add_argument(
        '-o',
        '--out',
        '--output',
        required=True,
        metavar='OUT',
        help='folder for the results; a file, if there is one image',
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


def inputs_of(args: argparse.Namespace) -> FoundInputs:
    """The images that the options name.

    Raises:
        InputError: If they name none, or one that is not there.
    """
    named = list(args.images)
    if args.list:
        named += read_list(args.list)
    if not named:
        raise InputError(
            'Expected images to restore, got none: name images or folders, '
            'or give --list.'
        )
    out = folder_of(args.out)
    into_itself = os.path.realpath(out) in map(os.path.realpath, named)
    found = find_inputs(
        named, recursive=args.recursive, exclude=() if into_itself else [out]
    )
    # Results that lie beside their images are no images to restore.
    found.files = [x for x in found.files if not is_result(x.path, out)]
    return found


def _quality(text):
    return _whole_number(text, 1, 100)


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
