"""Residual, down and up blocks that reuse memory and skip products.

The values are those of `models.layers`; they differ by rounding.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from adacode_mm.models.layers.nearest_conv import phase_kernels
from adacode_mm.models.layers.res_block import ResBlock
from adacode_mm.models.layers.scale_blocks import DownBlock, UpBlock

from .packed_layers import PackedConv


class FastResBlock(nn.Module):
    """A `ResBlock` that adds to its input in memory.

    Args:
        block: The block whose parameters are used.
    """

    def __init__(self, block: ResBlock):
        super().__init__()
        self.norm1, self.norm2 = block.norm1, block.norm2
        self.conv1 = PackedConv.sharing(block.conv1)
        self.conv2 = PackedConv.sharing(block.conv2)
        self.act = block.act

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, h, w) to (B, C, h, w)."""
        return self.add_to(x.clone())

    def add_to(self, x: Tensor) -> Tensor:
        """As `forward`, but `x` itself is overwritten with the result."""
        y = self.conv1(_norm_silu(self.norm1, x))
        return self.conv2(_norm_silu(self.norm2, y), add_to=x)


class FastDownBlock(nn.Module):
    """A `DownBlock` of `FastResBlock`s.

    Args:
        block: The block whose parameters are used.
    """

    def __init__(self, block: DownBlock):
        super().__init__()
        self.conv = PackedConv.sharing(block.conv)
        self.res1 = FastResBlock(block.res1)
        self.res2 = FastResBlock(block.res2)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C_in, h, w) to (B, C_out, ceil(h / 2), ceil(w / 2))."""
        return self.res2.add_to(self.res1.add_to(self.conv(x)))


class FastUpBlock(nn.Module):
    """An `UpBlock` that never makes the enlarged input, as `nearest_conv`.

    Args:
        block: The block whose parameters are used.
    """

    def __init__(self, block: UpBlock):
        super().__init__()
        self.up, self.conv = block.up, PackedConv.sharing(block.conv)
        self.phases = PackedConv.of(
            phase_kernels(block.conv.weight.detach()),
            block.conv.bias.detach().repeat(4),
            padding=1,
        )
        self.res1 = FastResBlock(block.res1)
        self.res2 = FastResBlock(block.res2)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C_in, h, w) to (B, C_out, 2h, 2w)."""
        return self.res2.add_to(self.res1.add_to(self.upsampled_conv(x)))

    def upsampled_conv(self, x: Tensor) -> Tensor:
        """The first step alone: (B, C_in, h, w) to (B, C_out, 2h, 2w)."""
        b, _, h, w = x.shape
        c = self.conv.out_channels
        phases = self.phases(x).unflatten(1, (2, 2, c))
        y = phases.new_empty(b, h, 2, w, 2, c)
        for i in (0, 1):
            for j in (0, 1):
                # Row 0 of a pair looks up, row 1 down: one row apart.
                part = phases[:, i, j, :, i : i + h, j : j + w]
                y[:, :, i, :, j].copy_(part.permute(0, 2, 3, 1))
        return y.view(b, 2 * h, 2 * w, c).permute(0, 3, 1, 2)


def _norm_silu(norm, x):
    with torch.autocast(x.device.type, enabled=False):
        if x.device.type == 'cpu':
            y = norm(x)
        else:
            # Sums are taken in float32 inside, whatever the type of `x`.
            weight, bias = norm.weight.to(x.dtype), norm.bias.to(x.dtype)
            y = F.group_norm(x, norm.num_groups, weight, bias, norm.eps)
    return F.silu(y, inplace=True)
