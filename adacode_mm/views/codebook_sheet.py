"""All codes of a codebook on one sheet."""

import numpy as np
from torch import Tensor
from torchvision.utils import make_grid

from adacode_mm.core.exceptions import InputError

from .picture import to_picture


def codebook_sheet(
    patches: Tensor, columns: int = 32, padding: int = 2
) -> np.ndarray:
    """Lay out one patch per code, row by row, on black (paper's figure 4).

    Args:
        patches: (N, 3, p, p), nominal range [0, 1], in the order of the
            codes, as `codebook_patches` decodes them.
        columns: Patches in a row.
        padding: Black pixels between patches and around the sheet.

    Returns:
        uint8 RGB: code n starts at row `padding + (n // columns) * step` and
        column `padding + (n % columns) * step`, with `step = p + padding`.

    Raises:
        InputError: If the patches do not have the shape above.
    """
    if patches.ndim != 4 or patches.shape[1] != 3 or len(patches) == 0:
        raise InputError(
            f'Expected patches (N, 3, p, p) with N > 0, got a tensor of shape '
            f'{tuple(patches.shape)}.'
        )
    if len(patches) == 1:
        # make_grid returns a single patch without its frame.
        padded = np.pad(
            to_picture(patches), [(padding, padding)] * 2 + [(0, 0)]
        )
        return padded
    return to_picture(make_grid(patches, nrow=columns, padding=padding))
