"""Colours of values of either sign, such as weights."""

import matplotlib as mpl
import numpy as np

COLORS = 'RdBu_r'


def signed_colors(maps: np.ndarray) -> tuple[np.ndarray, float]:
    """Colour maps on one scale: blue is negative, white is 0, red positive.

    Args:
        maps: Float, of any shape.

    Returns:
        uint8 RGB, (..., 3); and the absolute value that the full colours
        stand for, the largest of all, or 1 if there is none but 0.
    """
    limit = float(np.abs(maps).max()) or 1.0
    levels = ((maps / limit + 1) / 2 * 255).round().astype(np.uint8)
    return mpl.colormaps[COLORS](levels, bytes=True)[..., :3], limit
