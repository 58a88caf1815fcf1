"""The lists that the configs read, and a table of the labels."""

import csv
import io
from collections.abc import Mapping
from pathlib import Path

from adacode_mm.core.atomic_files import write_lines_atomically

from .patch_labels import LARGEST, PatchLabel
from .super_class_table import SUPER_CLASSES

SPLITS = ('train', 'valid')


def write_annotation_files(
    folder: Path, labels: Mapping[str, PatchLabel], splits: Mapping[str, str]
) -> None:
    """Write `<super-class>_{train,valid}.txt` and `{train,valid}.txt`.

    A list that is empty is written, too, so that none of an earlier call
    stays.

    Args:
        folder: Where to write.
        labels: Label of each patch.
        splits: 'train' or 'valid' for each patch.

    Raises:
        OutputError: If a file cannot be written.
    """
    for split in SPLITS:
        patches = sorted(name for name in labels if splits[name] == split)
        _write_list(folder / f'{split}.txt', patches)
        for super_class in SUPER_CLASSES:
            _write_list(
                folder / f'{super_class}_{split}.txt',
                [
                    name
                    for name in patches
                    if labels[name].super_class == super_class
                ],
            )


def write_label_table(
    path: Path,
    labels: Mapping[str, PatchLabel],
    splits: Mapping[str, str],
    sources: Mapping[str, str],
) -> None:
    """Write a CSV with a line per patch, sorted by name.

    Columns: patch; source, its photograph; split; super_class; reason, which
    is the rule or 'forced'; the share of each super-class, then name and
    share of the three largest classes: shares of the pixels with a class,
    empty for a patch that was not segmented.

    Args:
        path: File to write.
        labels: Label of each patch.
        splits: 'train' or 'valid' for each patch.
        sources: Photograph of each patch.

    Raises:
        OutputError: If the file cannot be written.
    """
    largest = [
        column
        for n in range(1, LARGEST + 1)
        for column in (f'class_{n}', f'share_{n}')
    ]
    header = ['patch', 'source', 'split', 'super_class', 'reason']
    rows = [[*header, *SUPER_CLASSES, *largest]]
    for name in sorted(labels):
        label = labels[name]
        row = [
            name,
            sources[name],
            splits[name],
            label.super_class,
            label.reason,
        ]
        shares = label.shares
        row += [
            _share(shares[each]) if shares else '' for each in SUPER_CLASSES
        ]
        for class_name, share in label.classes:
            row += [class_name, _share(share)]
        rows.append(row + [''] * (len(rows[0]) - len(row)))
    write_lines_atomically(path, map(_csv_line, rows))


def _write_list(path, names):
    write_lines_atomically(path, (f'{name}\n' for name in names))


def _share(value):
    return f'{value:.6f}'


def _csv_line(row):
    text = io.StringIO()
    csv.writer(text, lineterminator='\n').writerow(row)
    return text.getvalue()
