"""What labelling leaves in its folder."""

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from .annotation_files import write_annotation_files, write_label_table
from .label_sheets import write_label_sheets
from .labelling_options import DivisionOptions
from .patch_labels import PatchLabel
from .source_split import validation_sources
from .super_class_table import SUPER_CLASSES

TABLE = 'labels.csv'


def write_division(
    folder: Path,
    labels: Mapping[str, PatchLabel],
    sources: Mapping[str, str],
    read: Callable[[str], np.ndarray],
    options: DivisionOptions,
) -> list[tuple[str, str]]:
    """Split into training and validation; write lists, table and sheets.

    Args:
        folder: Where to write.
        labels: Label of each patch.
        sources: Photograph of each patch.
        read: Picture of a patch, uint8 RGB.
        options: Of the split and of the sheets.

    Returns:
        A remark on every super-class.

    Raises:
        OutputError: If a file cannot be written.
    """
    classes = {name: label.super_class for name, label in labels.items()}
    valid = validation_sources(
        classes, sources, options.valid_fraction, options.seed
    )
    splits = {
        name: 'valid' if sources[name] in valid else 'train' for name in labels
    }
    write_annotation_files(folder, labels, splits)
    write_label_table(folder / TABLE, labels, splits, sources)
    write_label_sheets(
        folder, labels, read, options.sheet_patches, options.seed
    )
    return _class_sizes(classes, splits)


def _class_sizes(classes, splits):
    """A line about each super-class for the report."""
    sizes = Counter((classes[name], splits[name]) for name in classes)
    lines = []
    for each in SUPER_CLASSES:
        train, valid = sizes[each, 'train'], sizes[each, 'valid']
        line = f'{train} patches for training, {valid} for validation.'
        if not train:
            line += ' Its codebook (stage I) cannot be trained on this set.'
        elif not valid:
            line += ' Its stage I has nothing to be validated on.'
        lines.append((each, line))
    return lines
