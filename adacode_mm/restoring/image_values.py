"""Shapes and values of images: which are accepted, how they are rounded."""

import numpy as np
import torch
from torch import Tensor

from adacode_mm.core.exceptions import InputError

# Overshoot of earlier steps, such as bicubic resizing, far below a grey level.
TOLERANCE = 1e-3


def check_shape(shape: tuple[int, ...], axis: int, expected: str) -> None:
    """Refuse what is not one image with 1, 3 or 4 channels on an axis."""
    if len(shape) != 3 or shape[axis] not in (1, 3, 4):
        raise InputError(
            f'An image must have the shape {expected} with C = 1, 3 or 4 '
            f'channels, got {shape}: transpose it, or convert it to RGB.'
        )
    if 0 in shape:
        raise InputError(
            f'An image must have at least one pixel, got the shape {shape}.'
        )


def plain_array(array: np.ndarray, kind: str) -> np.ndarray:
    """The array without what a subclass adds; PyTorch cannot read these.

    Args:
        array: Of any type.
        kind: What a message calls it: 'image'.

    Raises:
        InputError: If some of its values are masked.
    """
    if np.ma.is_masked(array):
        raise InputError(
            f'The {kind} must have a value everywhere, but it is a masked '
            f'array: fill it, array.filled(...).'
        )
    return np.asarray(array)


def check_has_values(tensor: Tensor, kind: str) -> None:
    """Refuse sparse tensors and those of the device "meta"."""
    if tensor.layout != torch.strided or tensor.is_meta:
        raise InputError(
            f'The {kind} must be a tensor with all its values, got one of '
            f'the device {tensor.device} and the layout '
            f'{str(tensor.layout).removeprefix("torch.")}: make it dense.'
        )


def checked(values: Tensor, kind: str) -> Tensor:
    """Values of an image, clipped to [0, 1].

    Args:
        values: Of any shape, floating point.
        kind: What a message calls the image.

    Raises:
        InputError: If one is not finite, or outside by more than
            `TOLERANCE`.
    """
    low, high = (each.item() for each in values.aminmax())
    if not (np.isfinite(low) and np.isfinite(high)):
        raise InputError(
            f'The {kind} must have finite values, found NaN or infinity: '
            f'replace them first.'
        )
    if low < -TOLERANCE or high > 1 + TOLERANCE:
        divide = low >= 0 and high > 2
        advice = (
            'divide by 255, or pass uint8' if divide else 'scale or clip them'
        )
        raise InputError(
            f'Floating-point values of the {kind} must be in [0, 1], got '
            f'{low:.4g} to {high:.4g}: {advice}.'
        )
    return values.clamp(0, 1) if low < 0 or high > 1 else values


def integers(values: Tensor, top: int, dtype: np.dtype) -> np.ndarray:
    """Values in [0, 1] as integers up to `top`, rounded half to even."""
    values = (values * top).round_()
    # In few bytes, then in the order of axes: a quarter of the memory.
    values = values.to(torch.uint8 if top == 255 else torch.int32)
    return contiguous(values).astype(dtype, copy=False)


def contiguous(values: Tensor) -> np.ndarray:
    """The values as an array of their own order of axes."""
    return np.ascontiguousarray(values.cpu().numpy())
