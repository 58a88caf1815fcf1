"""Masks of what is to be filled in, from whatever a user paints."""

from collections.abc import Iterable, Iterator, Sized
from itertools import repeat
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from adacode_mm.core.exceptions import InputError
from adacode_mm.images.decode_file import decode_file
from adacode_mm.images.decode_pillow import decode_pillow
from adacode_mm.images.read_picture import read_file
from adacode_mm.images.samples import Decoded

from .image_values import check_has_values, plain_array

# Instead of a mask: the holes of the image are painted white already.
WHITE = 'white'


def holes_of(mask: Any, height: int, width: int) -> Tensor | None:
    """Where an image has holes.

    Holes are True, or the bright part: at least half of white (JPEG files
    have soft edges), where white is 1 for floating point and for integers
    without a larger value, else 255 or 65535. Of a mask with colours, the
    brightest channel counts.

    Args:
        mask: Path, PIL image, array or tensor (H, W), (H, W, 1 or 3), or,
            tensors, (1, H, W); boolean, uint8, uint16, or floating point in
            [0, 1]. `WHITE` for no mask, since the holes are white already.
        height: Of the image.
        width: Of the image.

    Returns:
        (H, W), bool, on the CPU; None for `WHITE`.

    Raises:
        InputError: If it is no mask, or has another size than the image.
    """
    if isinstance(mask, str) and mask == WHITE:
        return None
    values = _plane(_values(mask))
    if values.shape != (height, width):
        raise InputError(
            f'The mask must be as large as the image, {width}x{height}, got '
            f'{_size(values)}: resize the mask without smoothing.'
        )
    return torch.from_numpy(_holes(values))


def one_for_each(mask: Any, batch: bool, total: int | None) -> Iterator[Any]:
    """Masks of several images; a single one is for all of them.

    Args:
        mask: One mask or None; or a sequence or an iterator of masks; or,
            for a batch, an array or a tensor with a mask for each image.
        batch: The images are one array or tensor.
        total: How many images there are, None if that is not known.

    Raises:
        InputError: If there are more or fewer masks than images.
    """
    if isinstance(mask, (np.ndarray, Tensor)):
        one = not batch or mask.ndim <= 2
    else:
        one = mask is None or isinstance(mask, (str, Path, Image.Image))
    if one or not isinstance(mask, Iterable):
        return repeat(mask)  # if it is no mask, its first use says so
    known = total is not None and isinstance(mask, Sized)
    if known and len(mask) != total:
        raise InputError(_unequal(len(mask), total))
    return _until_the_end(mask)


def _until_the_end(masks):
    count = 0
    for mask in masks:
        yield mask
        count += 1
    raise InputError(_unequal(count, 'more'))


def _unequal(masks, images):
    return (
        f'There must be a mask for every image, got {masks} masks for '
        f'{images} images.'
    )


def _values(mask):
    if isinstance(mask, (str, Path)):
        try:
            return opaque_pixels(decode_file(read_file(mask)))
        except InputError as error:
            raise InputError(f'{mask}: {error}') from None
    if isinstance(mask, Image.Image):
        return opaque_pixels(decode_pillow(mask))
    if isinstance(mask, Tensor):
        check_has_values(mask, 'mask')
        mask = mask.detach().cpu()
        mask = (mask.float() if mask.is_floating_point() else mask).numpy()
        return mask[0] if mask.ndim == 3 and mask.shape[0] == 1 else mask
    if isinstance(mask, np.ndarray):
        return plain_array(mask, 'mask')
    raise InputError(
        f'A mask must be an array, a tensor, a PIL image or the path of a '
        f'file, got {type(mask).__name__}.'
    )


def opaque_pixels(decoded: Decoded) -> np.ndarray:
    """Pixels of a mask from a file; an `InputError` if it is transparent."""
    alpha = decoded.alpha
    if alpha is not None and alpha.min() < np.iinfo(alpha.dtype).max:
        raise InputError(
            'A mask must be opaque, white in holes and black elsewhere, but '
            'this one has transparent parts: put it on black first.'
        )
    return decoded.pixels


def _plane(values):
    if values.ndim == 3 and values.shape[2] in (1, 3):
        values = values.max(2)
    if values.ndim != 2:
        raise InputError(
            f'A mask must have the shape (H, W) of the image, got '
            f'{values.shape}.'
        )
    return values


def _size(values):
    return f'{values.shape[1]}x{values.shape[0]}'


def _holes(values):
    kind = values.dtype
    if kind.kind == 'b':
        return values.copy()
    top = values.max()
    if kind.kind == 'u' and kind.itemsize <= 2:
        white = 1 if top <= 1 else np.iinfo(kind).max
    elif kind.kind == 'f' and values.min() >= 0 and top <= 1:
        white = 1
    else:
        raise InputError(
            f'A mask must be boolean, uint8, uint16, or floating point in '
            f'[0, 1], got {kind} of {values.min()} to {top}.'
        )
    if 0 < top < white / 2:
        raise InputError(
            f'A mask must be white ({white}) in holes, but its brightest '
            f'value is {top}: raise it, or pass a boolean array.'
        )
    return values >= white / 2 if top else np.zeros(values.shape, bool)
