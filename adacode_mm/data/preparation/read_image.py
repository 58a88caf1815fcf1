"""Read an image file of any usual kind as 8-bit RGB."""

from pathlib import Path

import numpy as np

from adacode_mm.images.decode_file import decode_file
from adacode_mm.images.read_picture import read_file
from adacode_mm.images.samples import eight_bits


def read_image(path: str | Path) -> tuple[np.ndarray, list[str]]:
    """Read the pixels of an image file as they are meant to be seen.

    16 bits are scaled to 8 (65535 becomes 255), grey and palette images
    become RGB, CMYK goes through its colour profile if there is one, the
    orientation of EXIF is applied. As when OpenCV reads a training set, an
    RGB profile is not.

    Args:
        path: An image file.

    Returns:
        The image (H, W, 3), uint8, RGB; and remarks on what was dropped,
        empty for an ordinary file.

    Raises:
        InputError: If it is no image, is damaged or cut off, has pixels of
            another kind or too many of them.
    """
    return decode_image(read_file(path))


def decode_image(content: bytes) -> tuple[np.ndarray, list[str]]:
    """As `read_image`, from the bytes of a file."""
    found = decode_file(content)
    alpha, notes = found.alpha, found.notes
    if alpha is not None and alpha.min() < np.iinfo(alpha.dtype).max:
        notes = [*notes, 'transparency was dropped.']
    pixels = eight_bits(found.pixels)
    if pixels.ndim == 2:
        pixels = np.repeat(pixels[..., None], 3, -1)
    return pixels, notes
