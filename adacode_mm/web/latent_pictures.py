"""Maps of the latent grid, large enough to be looked at."""

import cv2
import numpy as np

LONG_SIDE = 512


def enlarged(picture: np.ndarray) -> np.ndarray:
    """Enlarge by a whole factor, so that a cell is seen as one square.

    Args:
        picture: uint8 RGB (h, w, 3), one pixel per cell.

    Returns:
        uint8 RGB, at most `LONG_SIDE` pixels a side, or as given if that is
        larger.
    """
    factor = max(1, LONG_SIDE // max(picture.shape[:2]))
    return cv2.resize(
        np.ascontiguousarray(picture),
        None,
        fx=factor,
        fy=factor,
        interpolation=cv2.INTER_NEAREST,
    )
