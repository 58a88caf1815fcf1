"""Images of every kind that a user may have, and back to the same kind."""

from collections.abc import Callable, Iterable, Mapping, Set
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from adacode_mm.core.exceptions import InputError
from adacode_mm.images.decode_file import decode_file
from adacode_mm.images.decode_pillow import decode_pillow
from adacode_mm.images.picture import Picture
from adacode_mm.images.read_picture import picture_of, read_file

from .image_values import (
    check_has_values,
    check_shape,
    checked,
    contiguous,
    integers,
    plain_array,
)


class Item(NamedTuple):
    """One image as the network takes it.

    Attributes:
        rgb: (3, H, W), float32 in [0, 1], on any device.
        alpha: Opacity (H, W), float32 in [0, 1], on the CPU, or None.
        gray: The three channels are equal, and shall be.
        back: From a restored `rgb` in [0, 1] on the CPU or the device of
            this one, and its `alpha`, to an image of the user's kind.
    """

    rgb: Tensor
    alpha: Tensor | None
    gray: bool
    back: Callable[[Tensor, Tensor | None], Any]


def is_one_image(images: Any) -> bool:
    """Whether this is a single image rather than several."""
    if isinstance(images, (np.ndarray, Tensor)):
        return images.ndim != 4
    if isinstance(images, (str, bytes, Picture, Mapping, Set)):
        return True  # the latter are no images either, as `as_item` says
    return not isinstance(images, Iterable)


def as_item(image: Any) -> Item:
    """An image of any kind as the network takes it.

    Args:
        image: Path of a file; `PIL.Image.Image`; `Picture`; array (H, W) or
            (H, W, C) or tensor (C, H, W), C = 1 (grey), 3 (RGB) or 4 (RGB
            and opacity), uint8, floating point in [0, 1], or, arrays, uint16.

    Raises:
        InputError: For another kind, shape or type, a side of zero, or
            values that are not finite or not in the range.
    """
    if isinstance(image, (str, Path)):
        return _of_path(image)
    if isinstance(image, Picture):
        return _of_picture(image)
    if isinstance(image, Image.Image):
        return _of_pil(image)
    if isinstance(image, np.ndarray):
        return _of_array(image)
    if isinstance(image, Tensor):
        return _of_tensor(image)
    raise InputError(
        f'An image must be an array, a tensor, a PIL image or the path of a '
        f'file, got {type(image).__name__}.'
    )


def _of_path(path):
    try:
        picture = picture_of(decode_file(read_file(path)))
    except InputError as error:
        raise InputError(f'{path}: {error}') from None
    top, dtype = (65535, np.uint16) if picture.bits == 16 else (255, np.uint8)
    return _of_picture(picture)._replace(
        back=lambda rgb, _: integers(rgb.permute(1, 2, 0), top, dtype)
    )


def _of_picture(picture):
    if picture.pixels.ndim != 3 or picture.pixels.shape[2] != 3:
        raise InputError(
            f'Pixels of a picture must be (H, W, 3), got '
            f'{picture.pixels.shape}.'
        )
    check_shape(picture.pixels.shape, -1, '(H, W, 3)')
    # Copied if PyTorch could not read it: mirrored, or read-only.
    rgb = torch.from_numpy(np.require(picture.pixels, np.float32, 'CW'))
    rgb = checked(rgb.permute(2, 0, 1), 'picture')
    alpha = _opacity(picture)

    def back(rgb, alpha):
        return picture._replace(
            pixels=contiguous(rgb.permute(1, 2, 0)),
            alpha=None if alpha is None else alpha.numpy(),
        )

    return Item(rgb, alpha, picture.gray, back)


def _opacity(picture):
    if picture.alpha is None:
        return None
    if picture.alpha.shape != picture.pixels.shape[:2]:
        raise InputError(
            f'The opacity of a picture must be as large as its pixels, '
            f'{picture.pixels.shape[:2]}, got {picture.alpha.shape}.'
        )
    # A copy: where nothing is enlarged, it is in the result.
    opacity = torch.from_numpy(np.array(picture.alpha, np.float32))
    return checked(opacity, 'opacity')


def _of_pil(image):
    picture = picture_of(decode_pillow(image))
    top, dtype = (65535, np.uint16) if picture.bits == 16 else (255, np.uint8)

    def back(rgb, alpha):
        channels = rgb[:1] if picture.gray else rgb
        if alpha is not None:
            channels = torch.cat([channels.cpu(), alpha[None]])
        array = integers(channels.permute(1, 2, 0), top, dtype)
        result = Image.fromarray(
            array[..., 0] if len(channels) == 1 else array
        )
        if picture.icc_profile:
            result.info['icc_profile'] = picture.icc_profile
        return result

    return _of_picture(picture)._replace(back=back)


def _of_array(array):
    array = plain_array(array, 'image')
    channels = array[..., None] if array.ndim == 2 else array
    check_shape(channels.shape, -1, '(H, W, C) or (H, W)')
    if array.dtype.kind == 'u' and array.dtype.itemsize <= 2:
        top = np.iinfo(array.dtype).max
    elif array.dtype.kind == 'f':
        top = None
    else:
        raise InputError(
            f'An array must be uint8, uint16 or floating point in [0, 1], '
            f'got {array.dtype}.'
        )
    # A copy: the array may be read-only, of foreign byte order, or mirrored.
    values = torch.from_numpy(channels.astype(np.float32, order='C'))
    if top is not None:
        values /= top

    def back(rgb, alpha):
        out = _joined(rgb, alpha, channels.shape[2]).permute(1, 2, 0)
        if top is not None:
            out = integers(out, top, array.dtype)
        else:
            out = contiguous(out).astype(array.dtype, copy=False)
        return out[..., 0] if array.ndim == 2 else out

    return _of_channels(values.permute(2, 0, 1), 'array', back)


def _of_tensor(tensor):
    check_has_values(tensor, 'image')
    check_shape(tuple(tensor.shape), 0, '(C, H, W)')
    if tensor.dtype != torch.uint8 and not tensor.is_floating_point():
        raise InputError(
            f'A tensor must be uint8 or floating point in [0, 1], got '
            f'{str(tensor.dtype).removeprefix("torch.")}.'
        )
    values = tensor.detach().to(torch.float32, copy=True)
    if tensor.dtype == torch.uint8:
        values /= 255

    def back(rgb, alpha):
        out = _joined(rgb, alpha, tensor.shape[0])
        if tensor.dtype == torch.uint8:
            out = (out * 255).round()
        return out.to(tensor.device, tensor.dtype).contiguous()

    return _of_channels(values, 'tensor', back)


def _of_channels(values, kind, back):
    """Item of (1 | 3 | 4, H, W) in [0, 1]."""
    values = checked(values, kind)
    alpha = values[3].cpu() if values.shape[0] == 4 else None
    gray = values.shape[0] == 1
    rgb = values.expand(3, -1, -1) if gray else values[:3]
    return Item(rgb, alpha, gray, back)


def _joined(rgb, alpha, channels):
    if channels == 1:
        return rgb[:1]
    if channels == 3:
        return rgb
    return torch.cat([rgb, alpha[None].to(rgb)])
