"""Networks without memory, to see which parameters they would have."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch.overrides import TorchFunctionMode


class _LeaveValues(TorchFunctionMode):
    """Skips what sets the values of tensors that have none.

    On the meta device, PyTorch imports its compiler for that: 3 seconds.
    """

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        name = getattr(func, '__name__', '')
        if name.endswith('_') and not name.endswith('__'):
            target = args[0] if args else kwargs.get('tensor')
            if isinstance(target, torch.Tensor) and target.is_meta:
                return target
        return func(*args, **kwargs)


@contextmanager
def outlined() -> Iterator[None]:
    """Modules that are built in the block have shapes, and no values."""
    with torch.device('meta'), _LeaveValues():
        yield
