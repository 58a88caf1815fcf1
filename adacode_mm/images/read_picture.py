"""An image file as a `Picture`."""

from pathlib import Path

import numpy as np

from adacode_mm.core.exceptions import InputError

from .decode_file import decode_file
from .picture import Picture
from .samples import Decoded


def read_picture(path: str | Path) -> Picture:
    """Read an image file with all that its restored version should keep.

    The orientation of EXIF is applied. Of an animation, the first picture is
    taken; CMYK becomes sRGB. Both are noted.

    Args:
        path: An image file of one of `decode_file.FORMATS`.

    Raises:
        InputError: If it is no image, is damaged or cut off, has pixels of
            another kind or too many of them. The sentence does not name the
            file.
    """
    return picture_of(decode_file(read_file(path)))


def read_file(path: str | Path) -> bytes:
    """Content of a file; an `InputError` if there is none to be had."""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise InputError(
            f'The file cannot be read: {error.strerror}.'
        ) from None


def picture_of(decoded: Decoded) -> Picture:
    """The picture that decoded integers show."""
    pixels = unit_range(decoded.pixels)
    gray = pixels.ndim == 2
    alpha = decoded.alpha
    return Picture(
        np.repeat(pixels[..., None], 3, -1) if gray else pixels,
        None if alpha is None else unit_range(alpha),
        8 * decoded.pixels.dtype.itemsize,
        gray,
        decoded.icc_profile,
        decoded.notes,
        decoded.metadata,
    )


def unit_range(integers: np.ndarray) -> np.ndarray:
    """uint8 or uint16 to float32 in [0, 1]."""
    top = np.float32(np.iinfo(integers.dtype).max)
    return integers.astype(np.float32) / top
