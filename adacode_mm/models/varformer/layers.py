"""Layers of VAR's image tokenizer and of VarFormer's restoration networks.

Tian et al., "Visual autoregressive modeling", NeurIPS 2024, whose
autoencoder follows Esser et al., "Taming transformers for high-resolution
image synthesis", CVPR 2021.
"""

import torch.nn.functional as F
from torch import Tensor, nn

from adacode_mm.models.layers.nearest_conv import nearest_conv
from adacode_mm.models.layers.res_block import ResBlock, group_norm


class PixelAttention(nn.Module):
    """Self-attention with one head over all pixels, plus the identity."""

    def __init__(self, channels: int):
        super().__init__()
        self.norm = group_norm(channels, 32)
        self.qkv = nn.Conv2d(channels, 3 * channels, 1)
        self.proj_out = nn.Conv2d(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, h, w) to (B, C, h, w)."""
        q, k, v = map(as_tokens, self.qkv(self.norm(x)).chunk(3, 1))
        y = F.scaled_dot_product_attention(q, k, v)
        return x + self.proj_out(as_map(y, x.shape[2:]))


def as_tokens(x: Tensor) -> Tensor:
    """(B, C, h, w) to (B, h * w, C), row by row."""
    return x.flatten(2).transpose(1, 2)


def as_map(x: Tensor, size: tuple[int, int]) -> Tensor:
    """(B, h * w, C) to (B, C, h, w)."""
    return x.transpose(1, 2).unflatten(2, tuple(size))


class Downsample(nn.Module):
    """3x3 convolution with stride 2 after one zero to the right and below."""

    def __init__(self, channels: int):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, 2)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, h, w) to (B, C, h / 2, w / 2)."""
        return self.conv(F.pad(x, (0, 1, 0, 1)))


class Upsample(nn.Module):
    """Nearest enlargement by a power of two, then a 3x3 convolution."""

    def __init__(self, channels: int, factor: int = 2):
        super().__init__()
        self.factor = factor
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, h, w) to (B, C, factor * h, factor * w)."""
        if self.factor > 2:
            x = F.interpolate(x, scale_factor=self.factor // 2)
        return nearest_conv(x, self.conv.weight, self.conv.bias)


class Stage(nn.Module):
    """Residual blocks of one resolution, each followed by attention or not.

    `resample` leads to the next resolution; it is left to the caller, who
    needs the feature before it. None at the end.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        num_blocks: int,
        attention: bool,
        resample: nn.Module | None,
    ):
        super().__init__()
        widths = [in_channels] + [out_channels] * num_blocks
        self.block = nn.ModuleList(
            ResBlock(widths[i], out_channels=widths[i + 1])
            for i in range(num_blocks)
        )
        self.attn = nn.ModuleList(
            PixelAttention(out_channels) for _ in range(num_blocks * attention)
        )
        self.resample = resample

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C_in, h, w) to (B, C_out, h, w)."""
        for i, block in enumerate(self.block):
            x = block(x)
            if self.attn:
                x = self.attn[i](x)
        return x


class Middle(nn.Module):
    """Residual block, attention, residual block at the lowest resolution."""

    def __init__(self, channels: int):
        super().__init__()
        self.block_1 = ResBlock(channels)
        self.attn_1 = PixelAttention(channels)
        self.block_2 = ResBlock(channels)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, h, w) to (B, C, h, w)."""
        return self.block_2(self.attn_1(self.block_1(x)))


class ChannelNorm(nn.LayerNorm):
    """LayerNorm over the channels of each pixel (eps 1e-6)."""

    def __init__(self, channels: int):
        super().__init__(channels, eps=1e-6)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, h, w) to (B, C, h, w)."""
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
