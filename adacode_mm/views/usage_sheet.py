"""The codes of a codebook in the order of their use."""

import numpy as np
import torch
from torch import Tensor

from adacode_mm.core.exceptions import InputError

from .captioned import captioned
from .codebook_sheet import codebook_sheet

_PADDING = 2
_DEAD = (200, 30, 30)
_DIMMED = 0.3


def usage_sheet(
    patches: Tensor, counts: Tensor, caption: str, columns: int = 32
) -> np.ndarray:
    """Lay out codes from the most to the least used.

    Args:
        patches: (N, 3, p, p) in [0, 1], in the order of the codes.
        counts: (N,), how often each code was used. Of equals, the one with
            the smaller index comes first.
        caption: Line above the sheet.
        columns: Patches in a row.

    Returns:
        uint8 RGB: the caption, then the patches as `codebook_sheet` lays
        them out; codes that were never used are dimmed and have a red frame.

    Raises:
        InputError: If there is not one count for each patch.
    """
    if counts.shape != patches.shape[:1]:
        raise InputError(
            f'Expected one count for each of {len(patches)} patches, got '
            f'{tuple(counts.shape)}.'
        )
    order = torch.argsort(counts, descending=True, stable=True)
    ordered = patches[order].clone()
    dead = counts[order] == 0
    ordered[dead] *= _DIMMED
    sheet = codebook_sheet(ordered, columns, _PADDING)
    step = patches.shape[-1] + _PADDING
    for place in dead.nonzero().flatten().tolist():
        top, left = (_PADDING - 1 + n * step for n in divmod(place, columns))
        frame = sheet[top : top + step, left : left + step]
        frame[[0, -1]] = _DEAD
        frame[:, [0, -1]] = _DEAD
    return captioned(sheet, caption)
