"""Which super-class each of ADE20K's 150 classes belongs to.

The table of the paper (Liu et al., ICCV 2023, section 4.1 and its appendix)
was not published. `ade20k_super_classes.csv` is this project's own, with the
reasons for the doubtful classes.
"""

import csv
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from adacode_mm.core.exceptions import InputError

# Their order is that of the codebooks in stage II, and decides ties.
SUPER_CLASSES = ('architecture', 'indoor', 'nature', 'street', 'portrait')
COLUMNS = ('index', 'name', 'super_class', 'reason')
DEFAULT_TABLE = Path(__file__).parents[1] / 'ade20k_super_classes.csv'


@dataclass(frozen=True)
class SuperClassTable:
    """One entry per class, in the order of the segmentation network.

    Attributes:
        names: Name of each class.
        groups: (number of classes,) int64: index into `SUPER_CLASSES`.
        reasons: Why it is there; empty where that is plain.
    """

    names: tuple[str, ...]
    groups: np.ndarray
    reasons: tuple[str, ...]


def load_super_class_table(
    path: str | os.PathLike = DEFAULT_TABLE,
) -> SuperClassTable:
    """Read a table with the columns index, name, super_class, reason.

    Args:
        path: CSV file; the project's own table if not given.

    Raises:
        InputError: If there is no such file, a column is missing, an index is
            not in sequence, a name occurs twice, or a super-class is unknown.
    """
    try:
        with open(path, encoding='utf-8', newline='') as file:
            reader = csv.DictReader(file)
            columns = tuple(reader.fieldnames or ())
            rows = list(reader)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f'There must be a readable CSV table at {os.fspath(path)!r}, but '
            f'there is not ({error}): check the path.'
        ) from error
    if columns != COLUMNS or not rows:
        raise InputError(
            f'The table {os.fspath(path)!r} must have a first line '
            f'{",".join(COLUMNS)!r} and a line per class, but it begins with '
            f'{",".join(columns)!r} and has {len(rows)} more lines: see '
            f'{DEFAULT_TABLE.name}.'
        )
    names = [row['name'] for row in rows]
    for expected, row in enumerate(rows):
        _check_row(row, expected, names, path)
    groups = [SUPER_CLASSES.index(row['super_class']) for row in rows]
    return SuperClassTable(
        tuple(names),
        np.array(groups, np.int64),
        tuple(row['reason'] or '' for row in rows),
    )


def _check_row(row, expected, names, path):
    if row['index'] != str(expected) or names.count(row['name']) != 1:
        raise InputError(
            f'The table {os.fspath(path)!r} must list every class once, in '
            f'order, but where class {expected} belongs it has class '
            f'{row["index"]}, {row["name"]!r}, of which there are '
            f'{names.count(row["name"])}: correct that line.'
        )
    if row['super_class'] not in SUPER_CLASSES:
        raise InputError(
            f'The super-class of {row["name"]!r} in {os.fspath(path)!r} must '
            f'be one of {SUPER_CLASSES}, but it is {row["super_class"]!r}: '
            f'correct that line.'
        )
