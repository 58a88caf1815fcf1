"""What stands in an image file, as integers."""

from typing import NamedTuple

import numpy as np


class Decoded(NamedTuple):
    """An upright image as its file stores it, or as near as possible.

    Attributes:
        pixels: (H, W) for grey images, else (H, W, 3), RGB; uint8 or uint16,
            all values are used: white is 255 or 65535.
        alpha: Opacity (H, W) of the same type, None without transparency.
        mode: Pillow's name of the kind of pixels in the file.
        icc_profile: Colour profile that `pixels` belong to, None if the file
            has none or if it was used up by a conversion.
        notes: Whole sentences about what is not as in the file.
    """

    pixels: np.ndarray
    alpha: np.ndarray | None
    mode: str
    icc_profile: bytes | None
    notes: list[str]
