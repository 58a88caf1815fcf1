"""A network as one graph for `torch.onnx`, for any size if it can be."""

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

from .structures import as_output
from .traits import Traits


class Traceable(nn.Module, ABC):
    """A network for `torch.onnx`: padding and cropping are inside of it.

    Attributes:
        any_size: Whether height and width may differ from those it is
            traced with.
        side: A height and width that suits it.
    """

    any_size = True
    side = 64

    @abstractmethod
    def axes(self) -> dict[str, tuple[str | None, ...]]:
        """Output -> a name for each axis that changes with the input."""

    def metadata(self) -> dict[str, str]:
        """More entries of the file."""
        return {}


class PlainGraph(Traceable):
    """Padding, a network and cropping.

    A network whose layers look at the size of the image can be traced for
    one size only: `side` is that of such a graph.

    Args:
        net: The network, on the CPU.
        traits: Of it.
    """

    def __init__(self, net: nn.Module, traits: Traits):
        super().__init__()
        self.net = net
        self.scale, self.size = traits.scale, traits.size
        self.any_size = traits.size.exactly is None
        self.side = traits.size.fitted(64)

    def axes(self) -> dict[str, tuple[str | None, ...]]:
        """See `Traceable.axes`."""
        return {'image': ('batch', None, 'out_height', 'out_width')}

    def forward(self, image: Tensor) -> Tensor:
        """Restore images (B, 3, H, W), at least half of `SizeRule.least`.

        Returns:
            (B, 3, scale * H, scale * W), not clipped.
        """
        h, w = image.shape[2], image.shape[3]
        if self.any_size:
            image = _mirrored(_mirrored(image, 2, self.size), 3, self.size)
        restored = as_output(self.net(image)).image
        return restored[:, :, : h * self.scale, : w * self.scale]


def _mirrored(image, axis, rule):
    # `mirrored` for a size that the graph computes: one mirror image.
    if rule.multiple == 1:
        return image
    given = image.shape[axis]
    size = (given + rule.multiple - 1) // rule.multiple * rule.multiple
    both = torch.cat([image, image.flip(axis)], axis)
    return both[:, :, :size] if axis == 2 else both[:, :, :, :size]
