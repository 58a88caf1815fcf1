"""Blocks without normalisation: what they do to a pixel stays local.

Lim et al., "Enhanced deep residual networks for single image
super-resolution", CVPR Workshops 2017, section 3.1.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .nearest_conv import nearest_conv

# Deep trunks start close to the identity.
_FIRST_STEP = 0.1


class PlainResBlock(nn.Module):
    """3x3 convolution, ReLU, 3x3 convolution, plus the identity.

    Args:
        channels: Channels of input and output.
    """

    # Pixels to either side that it looks at.
    reach = 2

    def __init__(self, channels: int):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)
        with torch.no_grad():
            self.conv2.weight.mul_(_FIRST_STEP)
            self.conv2.bias.zero_()

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, h, w) to (B, C, h, w)."""
        return x + self.conv2(F.relu(self.conv1(x), inplace=True))


class PlainUpBlock(nn.Module):
    """Nearest x2, 3x3 convolution, then a residual block.

    Args:
        in_channels: Channels of the input.
        out_channels: Channels of the output.
    """

    # Pixels of the output, the convolution included.
    reach = PlainResBlock.reach + 1

    def __init__(self, in_channels: int, out_channels: int):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, 3, padding=1)
        self.res = PlainResBlock(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C_in, h, w) to (B, C_out, 2h, 2w)."""
        if torch.is_grad_enabled() and x.device.type == 'cpu':
            return self.res(nearest_conv(x, self.conv.weight, self.conv.bias))
        up = F.interpolate(x, scale_factor=2.0, mode='nearest')
        return self.res(self.conv(up))
