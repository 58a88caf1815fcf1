"""Deformable adjustment of the restoration decoder to VAR's reconstruction.

VarFormer (Wang and Zhao, CVPR 2025). Deformable convolution: Zhu et al.,
"Deformable ConvNets v2", CVPR 2019.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from adacode_mm.models.layers.res_block import group_norm

from .layers import ChannelNorm


class ChannelExchange(nn.Module):
    """Two features see each other by attention between their channels."""

    def __init__(self, channels: int, num_heads: int):
        super().__init__()
        self.num_heads = num_heads
        self.scale = nn.Parameter(torch.ones(num_heads, 1, 1))
        self.norm_d = ChannelNorm(channels)
        self.norm_g = ChannelNorm(channels)
        self.d_proj1 = nn.Conv2d(channels, channels, 1)
        self.d_proj2 = nn.Conv2d(channels, channels, 1)
        self.g_proj1 = nn.Conv2d(channels, channels, 1)
        self.g_proj2 = nn.Conv2d(channels, channels, 1)
        self.beta = nn.Parameter(torch.zeros(1, channels, 1, 1))
        self.gamma = nn.Parameter(torch.zeros(1, channels, 1, 1))

    def forward(self, h: Tensor, feature: Tensor) -> tuple[Tensor, Tensor]:
        """Map two features (B, C, H, W) to two."""
        q_d = F.normalize(self._split(self.d_proj1(self.norm_d(h))), dim=-1)
        q_g = F.normalize(
            self._split(self.g_proj1(self.norm_g(feature))), dim=-1
        )
        attention = (q_d @ q_g.transpose(2, 3) * self.scale).softmax(-1)
        of_g = attention @ self._split(self.g_proj2(feature))
        of_d = attention @ self._split(self.d_proj2(h))
        return (
            h + self.beta * of_g.reshape(h.shape),
            feature + self.gamma * of_d.reshape(h.shape),
        )

    def _split(self, x):
        return x.reshape(len(x), self.num_heads, -1, x.shape[2] * x.shape[3])


class DeformableConv(nn.Module):
    """3x3 convolution that looks where it is told, in groups of channels."""

    def __init__(self, channels: int, groups: int = 4):
        super().__init__()
        like = nn.Conv2d(channels, channels, 3)
        self.weight, self.bias = like.weight, like.bias
        self.conv_offset = nn.Conv2d(channels, 27 * groups, 3, padding=1)
        nn.init.zeros_(self.conv_offset.weight)
        nn.init.zeros_(self.conv_offset.bias)

    def forward(self, x: Tensor, where: Tensor) -> Tensor:
        """Map (B, C, H, W) to the same, steered by another feature."""
        # Only networks with the adjustment need torchvision.
        from torchvision.ops import deform_conv2d

        y, x_, mask = self.conv_offset(where).chunk(3, 1)
        return deform_conv2d(
            x,
            torch.cat([y, x_], 1),
            self.weight,
            self.bias,
            padding=1,
            mask=mask.sigmoid(),
        )


class DeformableAlignment(nn.Module):
    """Warps one feature onto another.

    Args:
        channels: Channels of both.
        previous_channels: Channels of the offset feature of the level below,
            0 at the lowest one.
    """

    def __init__(self, channels: int, previous_channels: int):
        super().__init__()
        self.offset_conv1 = nn.Sequential(
            nn.Conv2d(2 * channels, channels, 1),
            group_norm(channels, 32),
            nn.SiLU(),
            nn.Conv2d(channels, channels, 7, padding=3, groups=channels),
            group_norm(channels, 32),
            nn.SiLU(),
            nn.Conv2d(channels, channels, 1),
        )
        self.offset_conv2 = nn.Sequential(
            nn.Conv2d(channels + previous_channels, channels, 3, padding=1),
            group_norm(channels, 32),
            nn.SiLU(),
        )
        self.dcn = DeformableConv(channels)

    def forward(
        self, x_d: Tensor, x_g: Tensor, previous: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """Warp `x_d` (B, C, H, W) onto `x_g`.

        Args:
            x_d: Feature to be warped.
            x_g: Feature to warp it to.
            previous: Offset feature of the level below, of half the side.

        Returns:
            Warped feature and offset feature.
        """
        offset = self.offset_conv1(torch.cat([x_g, x_d], 1))
        if previous is not None:
            # Offsets are in pixels: twice as many at twice the side.
            previous = 2 * F.interpolate(
                previous, scale_factor=2, mode='bilinear'
            )
            offset = torch.cat([offset, previous], 1)
        offset = self.offset_conv2(offset)
        return self.dcn(x_d, offset), offset


class Adjustment(nn.Module):
    """Exchange, then alignment, for one level.

    Args:
        channels: Channels of both features.
        num_heads: Heads of the exchange.
        previous_channels: As for `DeformableAlignment`; at the lowest level
            the warped feature is the result, elsewhere it is joined with the
            one that was warped.
    """

    def __init__(self, channels: int, num_heads: int, previous_channels: int):
        super().__init__()
        self.exchange = ChannelExchange(channels, num_heads)
        self.align = DeformableAlignment(channels, previous_channels)
        self.fuse = None
        if previous_channels:
            self.fuse = nn.Conv2d(2 * channels, channels, 1)

    def forward(
        self, h: Tensor, feature: Tensor, previous: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Adjust `h` to the tokenizer's feature, both (B, C, H, W).

        Returns:
            Adjusted feature, and offset feature for the next level.
        """
        x_d, x_g = self.exchange(h, feature)
        warped, offset = self.align(x_d, x_g, previous)
        if self.fuse is not None:
            warped = self.fuse(torch.cat([x_d, warped], 1))
        return warped, offset
