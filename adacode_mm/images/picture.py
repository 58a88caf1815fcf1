"""An image and what belongs to it."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class Metadata(NamedTuple):
    """What a file says about an image besides its pixels and colour profile.

    Attributes:
        exif: EXIF data as a TIFF structure: camera, date, copyright, place.
            No orientation, size, resolution or preview.
        xmp: An XMP packet; its orientation, if it names one, is 1.
        dpi: Pixels an inch, horizontally and vertically.
        color_chunks: Name and data of the chunks of a PNG file that say what
            its numbers mean: cICP, sRGB, gAMA, cHRM, mDCV, cLLI.
    """

    exif: bytes | None = None
    xmp: bytes | None = None
    dpi: tuple[float, float] | None = None
    color_chunks: tuple[tuple[bytes, bytes], ...] = ()


class Picture(NamedTuple):
    """An upright image with what its file should keep.

    Attributes:
        pixels: (H, W, 3), float32, RGB in [0, 1]; three equal channels for a
            grey image. The values stored in the file, in its own colour
            space: nothing is made linear.
        alpha: Opacity (H, W), float32 in [0, 1], not multiplied into
            `pixels`; None without transparency.
        bits: 8 or 16 per value.
        gray: Written as one channel.
        icc_profile: Colour profile of `pixels`, None for sRGB.
        notes: Whole sentences about what was changed or left out in reading.
        metadata: What else the file should keep.
    """

    pixels: np.ndarray
    alpha: np.ndarray | None = None
    bits: int = 8
    gray: bool = False
    icc_profile: bytes | None = None
    notes: Sequence[str] = ()
    metadata: Metadata = Metadata()
