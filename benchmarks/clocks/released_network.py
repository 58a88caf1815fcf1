"""Networks computed the way that the released code computes them.

Same weights, same values up to rounding. Written from the description of the
release, to have something to compare with on any machine.
"""

import copy

import torch
from torch import Tensor, nn

from adacode_mm.models.layers.pixel_linear import PixelLinear
from adacode_mm.models.layers.scale_blocks import UpBlock
from adacode_mm.models.quantizers.vector_quantizer import VectorQuantizer


class OneHotQuantizer(VectorQuantizer):
    """Looks codes up by a product with a one-hot matrix."""

    def lookup(self, indices: Tensor) -> Tensor:
        """Codes (B, C, h, w) for indices (B, h, w)."""
        rows = indices.reshape(-1, 1)
        one_hot = torch.zeros(
            len(rows), self.num_embeddings, device=indices.device
        )
        one_hot.scatter_(1, rows, 1)
        codes = one_hot @ self.embedding.weight
        return codes.view(*indices.shape, -1).permute(0, 3, 1, 2)


def as_released(net: nn.Module) -> nn.Module:
    """A copy of a network with the release's way of computing.

    Contiguous feature maps; linear layers as matrix products; every Swin
    block gathers its bias and takes the softmax on its own; codes are looked
    up by one-hot products, each codebook for itself. The release also makes
    its masks anew in every block, which is left out here.
    """
    net = copy.deepcopy(net).to(memory_format=torch.contiguous_format)
    take_shortcuts_out(net)
    return net


def take_shortcuts_out(model: nn.Module) -> None:
    """Replace, in place, what our layers do in another way."""
    for module in list(model.modules()):
        if isinstance(module, PixelLinear):
            module.__class__ = nn.Linear
        elif isinstance(module, VectorQuantizer):
            module.__class__ = OneHotQuantizer
        elif isinstance(module, UpBlock):
            module.folds = False
