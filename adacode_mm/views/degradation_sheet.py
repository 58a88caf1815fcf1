"""Ground truth and what degradations made of it, one image a row."""

from collections.abc import Sequence
from itertools import zip_longest

import cv2
import numpy as np

from adacode_mm.core.exceptions import InputError

from .comparison import side_by_side

GAP = 8


def degradation_sheet(
    rows: dict[str, list[np.ndarray]], captions: Sequence[str] = ()
) -> np.ndarray:
    """Put images and their degraded versions on one sheet.

    Args:
        rows: Label to pictures, uint8 RGB (H, W, 3): first the ground truth,
            then degraded versions, which are enlarged to its height by
            nearest neighbour.
        captions: Of the degraded versions; those beyond have their number.

    Returns:
        uint8 RGB: a row for each label, 8 white lines between rows. The
        ground truth has the label above it, the others their caption.

    Raises:
        InputError: If there is no row, or a picture is not uint8 (H, W, 3).
    """
    if not rows:
        raise InputError('Expected at least one image for a sheet, got none.')
    lines = []
    for label, (truth, *degraded) in rows.items():
        pictures = {label: truth}
        pictures.update(
            {
                caption or str(n): picture
                for n, (picture, caption) in enumerate(
                    zip_longest(degraded, captions[: len(degraded)]), 1
                )
            }
        )
        lines.append(side_by_side(pictures))
    width = max(line.shape[1] for line in lines)
    white = [255] * 3
    lines = [
        cv2.copyMakeBorder(
            line,
            GAP if n else 0,
            0,
            0,
            width - line.shape[1],
            cv2.BORDER_CONSTANT,
            value=white,
        )
        for n, line in enumerate(lines)
    ]
    return np.concatenate(lines)
