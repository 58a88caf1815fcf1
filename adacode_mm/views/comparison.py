"""Pictures next to each other, for the eye."""

import cv2
import numpy as np

from adacode_mm.core.exceptions import InputError

from .captioned import captioned

GAP = 8


def side_by_side(images: dict[str, np.ndarray]) -> np.ndarray:
    """Put labelled pictures in a row.

    A lower picture (such as the low-resolution input) is enlarged to the
    height of the highest one by nearest neighbour, so that no detail is
    invented.

    Args:
        images: Label to uint8 RGB picture (H, W, 3), in order.

    Returns:
        uint8 RGB: labels in the top 20 rows, 8 white columns between
        pictures.

    Raises:
        InputError: If there is no picture or one is not uint8 (H, W, 3).
    """
    if not images:
        raise InputError('Expected at least one picture to compare, got none.')
    for label, image in images.items():
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
            raise InputError(
                f'Picture {label!r} must be uint8 of shape (H, W, 3), got '
                f'{image.dtype} of shape {image.shape}.'
            )
    height = max(len(image) for image in images.values())
    columns = []
    for label, image in images.items():
        column = captioned(_of_height(image, height), label)
        gap = np.full((len(column), GAP, 3), 255, np.uint8)
        columns += [gap, column] if columns else [column]
    return np.concatenate(columns, axis=1)


def _of_height(image, height):
    if len(image) == height:
        return image
    width = round(image.shape[1] * height / len(image))
    return cv2.resize(
        image, (width, height), interpolation=cv2.INTER_NEAREST_EXACT
    )
