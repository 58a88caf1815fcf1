"""Memory that a network takes, measured on a small image and scaled."""

import weakref

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from .traits import SizeRule

_SIDE = 64
_KEPT = '_measured_bytes'


class LiveBytes(TorchDispatchMode):
    """Counts the bytes of tensors that are made in the block and alive.

    What kernels take inside of themselves is not seen.

    Attributes:
        peak: The most at any time.
    """

    def __init__(self):
        super().__init__()
        self.peak = self._now = 0
        self._seen = weakref.WeakSet()

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        given = {
            id(each.untyped_storage())
            for each in tree_leaves((args, kwargs))
            if isinstance(each, Tensor)
        }
        out = func(*args, **(kwargs or {}))
        for each in tree_leaves(out):
            if isinstance(each, Tensor):
                storage = each.untyped_storage()
                if id(storage) not in given and storage not in self._seen:
                    self._count(storage)
        return out

    def _count(self, storage):
        size = storage.nbytes()
        self._seen.add(storage)
        self._now += size
        self.peak = max(self.peak, self._now)
        weakref.finalize(storage, self._freed, size)

    def _freed(self, size):
        self._now -= size


@torch.no_grad()
def measured_bytes(
    net: nn.Module, size: SizeRule, shape: tuple[int, int, int, int]
) -> int:
    """Peak memory of `net(image)`, beside network and image.

    Measured once for each kind of numbers, on a small image; memory grows
    with the number of pixels, as it does without attention over all of them.

    Args:
        net: The network, on its device.
        size: Which sizes it takes.
        shape: Of the images (B, 3, H, W), padded or not.
    """
    parameter = next(net.parameters(), torch.zeros(()))
    device = parameter.device
    half = torch.is_autocast_enabled(device.type)
    kept = net.__dict__.setdefault(_KEPT, {})
    if (device, half) not in kept:
        side = size.fitted(_SIDE)
        image = torch.zeros(1, 3, side, side, device=device)
        with LiveBytes() as live:
            net(image)
        kept[device, half] = live.peak / side**2
    batch, _, height, width = shape
    pixels = size.fitted(height) * size.fitted(width)
    return int(kept[device, half] * batch * pixels)
