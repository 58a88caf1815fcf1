"""Float32 where half precision has no room, whatever autocast says."""

import functools
from collections.abc import Callable

import torch
from torch import Tensor


def full_precision(function: Callable) -> Callable:
    """Run a function or method in float32 at least, outside of autocast.

    Half-precision tensors among the positional arguments, also inside of
    lists and (named) tuples, are converted; gradients flow through. For
    distances of codes, Gram matrices and similarities: sums over many terms
    and differences of large numbers.
    """

    @functools.wraps(function)
    def in_full_precision(*args, **kwargs):
        device = _device(args)
        args = [_at_least_float32(arg) for arg in args]
        if device is None or not torch.amp.is_autocast_available(device):
            return function(*args, **kwargs)
        if not torch.is_autocast_enabled(device):
            return function(*args, **kwargs)
        with torch.autocast(device, enabled=False):
            return function(*args, **kwargs)

    return in_full_precision


def _at_least_float32(value):
    if isinstance(value, Tensor):
        half = value.is_floating_point() and value.element_size() < 4
        return value.float() if half else value
    if isinstance(value, list | tuple):
        each = [_at_least_float32(item) for item in value]
        if hasattr(value, '_fields'):
            return type(value)(*each)
        return type(value)(each)
    return value


def _device(values):
    """Device type of the first tensor."""
    for value in values:
        if isinstance(value, Tensor):
            return value.device.type
        if isinstance(value, list | tuple):
            device = _device(value)
            if device is not None:
                return device
    return None
