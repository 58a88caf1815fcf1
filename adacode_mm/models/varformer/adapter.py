"""Adapter that moves latents of degraded images towards clean ones.

VarFormer (Wang and Zhao, CVPR 2025).
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .layers import ChannelNorm


class LearnedCurves(nn.Module):
    """Bends the values of each group of channels as the other groups say.

    Values in [0, 1] go through three steps z + a * z * (1 - z), whose a is
    predicted at each position from all other groups.
    """

    def __init__(self, channels: int, num_groups: int = 4, steps: int = 3):
        super().__init__()
        self.num_groups = num_groups
        own = channels // num_groups
        self.predict = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(channels - own, own, 5, padding=2),
                nn.ReLU(),
                nn.Conv2d(own, own, 3, padding=1),
                nn.ReLU(),
                nn.Conv2d(own, steps, 1),
                nn.Sigmoid(),
            )
            for _ in range(num_groups)
        )
        self.convs = nn.ModuleList(
            nn.Conv2d(own, own, 3, padding=1) for _ in range(num_groups)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, h, w) to (B, C, h, w)."""
        groups = x.chunk(self.num_groups, 1)
        bent = []
        for i, group in enumerate(groups):
            others = torch.cat(groups[:i] + groups[i + 1 :], 1)
            z = group.clamp(0, 1)
            for a in self.predict[i](others).split(1, 1):
                z = z + a * z * (1 - z)
            bent.append(self.convs[i](z))
        return torch.cat(bent, 1)


class AdapterBlock(nn.Module):
    """Gated context, then learned curves; both start switched off."""

    def __init__(self, channels: int):
        super().__init__()
        wide = 2 * channels
        self.norm1 = ChannelNorm(channels)
        self.expand1 = nn.Conv2d(channels, wide, 1)
        self.depthwise = nn.Conv2d(wide, wide, 3, padding=1, groups=wide)
        self.pooled = nn.Conv2d(wide, channels, 1)
        self.context = nn.Sequential(
            nn.Conv2d(wide, wide, 5, padding=2, groups=wide),
            nn.Conv2d(wide, wide, 7, padding=9, dilation=3, groups=wide),
            nn.Conv2d(wide, channels, 1),
        )
        self.project1 = nn.Conv2d(channels, channels, 1)
        self.norm2 = ChannelNorm(channels)
        self.expand2 = nn.Conv2d(channels, wide, 1)
        self.curves = LearnedCurves(channels)
        self.project2 = nn.Conv2d(channels, channels, 1)
        self.beta = nn.Parameter(torch.zeros(1, channels, 1, 1))
        self.gamma = nn.Parameter(torch.zeros(1, channels, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, h, w) to (B, C, h, w)."""
        u = self.depthwise(self.expand1(self.norm1(x)))
        pooled = self.pooled(F.adaptive_avg_pool2d(u, 1))
        y = pooled * self.context(u) * _gated(u)
        y = x + self.beta * self.project1(y)
        z = self.curves(_gated(self.expand2(self.norm2(y))))
        return y + self.gamma * self.project2(z)


def _gated(x):
    first, second = x.chunk(2, 1)
    return first * second


class Adapter(nn.Module):
    """Blocks in sequence; as initialised, the identity."""

    def __init__(self, channels: int = 32, num_blocks: int = 4):
        super().__init__()
        self.blocks = nn.Sequential(
            *(AdapterBlock(channels) for _ in range(num_blocks))
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map latents (B, C, h, w) to (B, C, h, w)."""
        return self.blocks(x)
