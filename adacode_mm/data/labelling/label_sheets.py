"""A contact sheet per super-class, so that a person sees what is in it."""

import io
import random
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from PIL import Image

from adacode_mm.core.atomic_files import write_atomically
from adacode_mm.core.exceptions import InputError
from adacode_mm.views.contact_sheet import Tile, contact_sheet

from .patch_labels import PatchLabel
from .super_class_table import SUPER_CLASSES

COLORS = {
    'architecture': (190, 90, 40),
    'indoor': (130, 80, 170),
    'nature': (60, 150, 60),
    'street': (90, 100, 115),
    'portrait': (235, 130, 160),
}


def write_label_sheets(
    folder: Path,
    labels: Mapping[str, PatchLabel],
    read: Callable[[str], np.ndarray],
    count: int = 48,
    seed: int = 0,
) -> None:
    """Write `contact_sheet_<super-class>.png` for every super-class.

    A random sample, the surest patches first: at its end are those where
    another table or rule would have decided otherwise.

    Args:
        folder: Where to write.
        labels: Label of each patch.
        read: Picture of a patch, uint8 RGB.
        count: Patches on a sheet.
        seed: Of the sample.

    Raises:
        OutputError: If a file cannot be written.
    """
    for super_class in SUPER_CLASSES:
        members = sorted(
            name
            for name, label in labels.items()
            if label.super_class == super_class
        )
        # Text, since hashes of other objects change between processes.
        generator = random.Random(f'{seed}:{super_class}')
        sample = generator.sample(members, min(count, len(members)))
        sample.sort(key=lambda name: -_sureness(labels[name]))
        shown = f'{len(sample)} of {len(members)} patches'
        sheet = contact_sheet(
            [_tile(name, labels[name], read) for name in sample],
            f'{super_class}: {shown}, the surest first',
            COLORS,
        )
        buffer = io.BytesIO()
        Image.fromarray(sheet).save(buffer, 'PNG')
        write_atomically(
            folder / f'contact_sheet_{super_class}.png', buffer.getvalue()
        )


def _sureness(label):
    return label.shares.get(label.super_class, 1.0)


def _tile(name, label, read):
    if label.shares:
        shares = sorted(label.shares.items(), key=lambda pair: -pair[1])
        lines = [_percent(shares[:2]), _percent(label.classes[:2])]
    else:
        lines = ['forced: not segmented', '']
    try:
        picture = read(name)
    except InputError:  # damaged since it was segmented, or never read
        picture = np.full((1, 1, 3), 255, np.uint8)
        lines[0] = 'CANNOT BE READ'
    return Tile(picture, [name, *lines], label.shares)


def _percent(pairs):
    return ', '.join(f'{name} {share:.0%}' for name, share in pairs if share)
