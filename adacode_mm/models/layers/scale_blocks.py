"""Change of resolution by two: a convolution, then two residual blocks."""

import torch
from torch import Tensor, nn

from .nearest_conv import nearest_conv
from .res_block import ResBlock


class DownBlock(nn.Module):
    """3x3 convolution with stride 2, then two residual blocks.

    Args:
        in_channels: Channels of the input.
        out_channels: Channels of the output.
        num_groups: Groups of the normalisation layers.
    """

    def __init__(
        self, in_channels: int, out_channels: int, num_groups: int = 32
    ):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, 3, 2, padding=1)
        self.res1 = ResBlock(out_channels, num_groups)
        self.res2 = ResBlock(out_channels, num_groups)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C_in, h, w) to (B, C_out, ceil(h / 2), ceil(w / 2))."""
        return self.res2(self.res1(self.conv(x)))


class UpBlock(nn.Module):
    """Nearest x2, 3x3 convolution, then two residual blocks.

    Args:
        in_channels: Channels of the input.
        out_channels: Channels of the output.
        num_groups: Groups of the normalisation layers.

    Attributes:
        folds: Whether the first step may be computed without the enlarged
            map. It is where that is known to be faster, on the CPU, and only
            in training: in inference values stay the released ones, to the
            bit.
    """

    folds = True

    def __init__(
        self, in_channels: int, out_channels: int, num_groups: int = 32
    ):
        super().__init__()
        self.up = nn.Upsample(scale_factor=2, mode='nearest')
        self.conv = nn.Conv2d(in_channels, out_channels, 3, padding=1)
        self.res1 = ResBlock(out_channels, num_groups)
        self.res2 = ResBlock(out_channels, num_groups)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C_in, h, w) to (B, C_out, 2h, 2w)."""
        return self.res2(self.res1(self.upsampled_conv(x)))

    def upsampled_conv(self, x: Tensor) -> Tensor:
        """The first step alone: (B, C_in, h, w) to (B, C_out, 2h, 2w)."""
        if self.folds and x.device.type == 'cpu' and torch.is_grad_enabled():
            return nearest_conv(x, self.conv.weight, self.conv.bias)
        return self.conv(self.up(x))
