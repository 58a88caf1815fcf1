"""Images of a test set, as 8-bit arrays; grey ones stay grey."""

from pathlib import Path

import cv2
import numpy as np

from adacode_mm.core.exceptions import InputError
from adacode_mm.images.decode_file import decode_file
from adacode_mm.images.image_size import file_size
from adacode_mm.images.read_picture import read_file
from adacode_mm.images.samples import eight_bits


def read_eval_image(path: str | Path) -> np.ndarray:
    """Read an image.

    A file with one channel stays an image with one: turned to colour and
    then to luma, it would be compared in another range.

    Args:
        path: An image file; 16 bits are rounded to 8.

    Returns:
        uint8, RGB (H, W, 3) or grey (H, W).

    Raises:
        InputError: If it is no image, damaged or transparent; the sentence
            names the file.
    """
    try:
        decoded = decode_file(read_file(path))
    except InputError as error:
        raise InputError(f'{path}: {error}') from None
    alpha = decoded.alpha
    if alpha is not None and alpha.min() < np.iinfo(alpha.dtype).max:
        raise InputError(
            f'{path}: images that are compared must be opaque, this one has '
            f'transparent parts: put it on a background.'
        )
    pixels = decoded.pixels
    return eight_bits(pixels)


def cropped(image: np.ndarray, scale: int) -> np.ndarray:
    """The top left part whose height and width are multiples of `scale`."""
    height, width = (side // scale * scale for side in image.shape[:2])
    return image[:height, :width]


def in_color(image: np.ndarray) -> np.ndarray:
    """RGB (H, W, 3) of an image, three equal channels for a grey one."""
    if image.ndim == 3:
        return image
    return np.repeat(image[..., None], 3, -1)


def as_gray(image: np.ndarray) -> np.ndarray:
    """Full-range luma (H, W), rounded, of an RGB image (H, W, 3)."""
    return cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2GRAY)


def size_of(image: np.ndarray) -> str:
    """Width x height, as people write it."""
    return f'{image.shape[1]}x{image.shape[0]}'


def image_size(path: str | Path) -> tuple[int, int]:
    """Height and width of the upright image, without reading its pixels.

    Raises:
        InputError: If it is no image; the sentence names the file.
    """
    try:
        return file_size(path)
    except InputError as error:
        raise InputError(f'{path}: {error}') from None


def size_of_pair(size: tuple[int, int]) -> str:
    """Width x height of (height, width)."""
    return f'{size[1]}x{size[0]}'
