"""A stack of residual Swin transformer blocks (RSTB) on B, C, h, w features.

Liang et al., "SwinIR: Image restoration using Swin transformer", ICCV
Workshops 2021, section 3.2. AdaCode stacks the blocks without outer skip,
closing convolution or final normalisation. Parameters have the names of the
released networks. Nothing here depends on sizes in Python, so that the layers
can be traced for any size.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from adacode_mm.core.exceptions import InputError

from .pixel_linear import PixelLinear

# What keeps pixels from different regions apart; finite, as in the release.
_APART = -100.0


class SwinLayers(nn.Module):
    """`num_layers` RSTBs in sequence.

    Args:
        channels: Channels of input and output.
        num_layers: Number of RSTBs.
        depth: Swin blocks in each; every second one has shifted windows.
        num_heads: Heads of the attention.
        window_size: Side of the attention windows in latent pixels.
        mlp_ratio: Hidden width of the MLPs as a multiple of `channels`.
    """

    def __init__(
        self,
        channels: int = 256,
        num_layers: int = 4,
        depth: int = 6,
        num_heads: int = 8,
        window_size: int = 8,
        mlp_ratio: float = 4.0,
    ):
        super().__init__()
        self.window_size = window_size
        self.layers = nn.ModuleList(
            ResidualSwinLayer(
                channels, depth, num_heads, window_size, mlp_ratio
            )
            for _ in range(num_layers)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, h, w) to (B, C, h, w).

        Raises:
            InputError: If h or w is no multiple of the window size.
        """
        h, w = x.shape[2:]
        if not torch.jit.is_tracing():
            check_grid(h, w, self.window_size)
        mask = shift_mask(
            h, w, self.window_size, self.window_size // 2, x.device
        )
        for layer in self.layers:
            x = layer(x, mask)
        return x


def check_grid(h: int, w: int, window: int) -> None:
    """Refuse a latent grid that windows do not cover.

    Raises:
        InputError: If h or w is no multiple of the window size.
    """
    if h % window or w % window:
        raise InputError(
            f'The latent grid must be a multiple of the attention window '
            f'({window}), got {h}x{w}: pad the image first, for example with '
            f'models.layers.padding.padded_forward.'
        )


def shift_mask(
    h: int, w: int, window: int, shift: int, device: torch.device | None = None
) -> Tensor:
    """What is added to the attention of shifted windows.

    Args:
        h: Rows of the latent grid, a multiple of `window`; likewise `w`.
        w: Columns of the latent grid.
        window: Side of the windows.
        shift: How far they are shifted.
        device: Where the mask is needed.

    Returns:
        (windows, 1, window ** 2, window ** 2): 0 where two pixels of a window
        are neighbours in the image, too, and -100 where the cyclic shift
        brought them together.
    """
    rows, columns = (_regions(side, window, shift, device) for side in (h, w))
    rows, columns = rows[:, None, :, None], columns[None, :, None]
    region = (3 * rows + columns).reshape(-1, window * window)
    differ = region[:, None, None, :] != region[:, None, :, None]
    return differ.to(torch.float32) * _APART


def _regions(side, window, shift, device):
    """0, 1 or 2 for the pixels of one axis, a row for each window."""
    place = torch.arange(side, device=device)
    last = (place >= side - window).long() + (place >= side - shift).long()
    return last.reshape(-1, window)


class ResidualSwinLayer(nn.Module):
    """An RSTB: Swin blocks and a convolution, added to the input."""

    def __init__(self, channels, depth, num_heads, window_size, mlp_ratio):
        super().__init__()
        self.residual_group = nn.Module()
        self.residual_group.blocks = nn.ModuleList(
            SwinBlock(
                channels,
                num_heads,
                window_size,
                window_size // 2 * (k % 2),
                mlp_ratio,
            )
            for k in range(depth)
        )
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Map (B, C, h, w) to the same; `mask` as `shift_mask` makes it."""
        y = x.permute(0, 2, 3, 1)
        for block in self.residual_group.blocks:
            y = block(y, mask)
        return x + self.conv(y.permute(0, 3, 1, 2))


class SwinBlock(nn.Module):
    """Attention inside of windows, then an MLP, each added to the input."""

    def __init__(
        self, channels, num_heads, window_size, shift_size, mlp_ratio
    ):
        super().__init__()
        hidden = int(channels * mlp_ratio)
        self.window_size, self.shift_size = window_size, shift_size
        self.norm1 = nn.LayerNorm(channels)
        self.attn = WindowAttention(channels, num_heads, window_size)
        self.norm2 = nn.LayerNorm(channels)
        self.mlp = nn.Module()
        self.mlp.fc1 = PixelLinear(channels, hidden)
        self.mlp.fc2 = PixelLinear(hidden, channels)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Map (B, h, w, C) to the same."""
        shift = self.shift_size
        y = self.norm1(x)
        if shift:
            y = y.roll((-shift, -shift), (1, 2))
            y = self._attend(y, mask).roll((shift, shift), (1, 2))
        else:
            y = self._attend(y, None)
        x = x + y
        return x + self.mlp.fc2(F.gelu(self.mlp.fc1(self.norm2(x))))

    def _attend(self, x, mask):
        b, h, w, c = x.shape
        side = self.window_size
        grid = (b, h // side, w // side)
        windows = x.reshape(b, grid[1], side, grid[2], side, c)
        windows = windows.permute(0, 1, 3, 2, 4, 5)
        windows = windows.reshape(b, grid[1] * grid[2], side * side, c)
        y = self.attn(windows, mask)
        y = y.reshape(*grid, side, side, c).permute(0, 1, 3, 2, 4, 5)
        return y.reshape(b, h, w, c)


class WindowAttention(nn.Module):
    """Attention with a learned bias for each offset within a window."""

    def __init__(self, channels, num_heads, window_size):
        super().__init__()
        self.num_heads = num_heads
        self.scale = (channels // num_heads) ** -0.5
        self.relative_position_bias_table = nn.Parameter(
            torch.zeros((2 * window_size - 1) ** 2, num_heads)
        )
        nn.init.trunc_normal_(self.relative_position_bias_table, std=0.02)
        self.register_buffer(
            'relative_position_index',
            _relative_positions(window_size),
            persistent=False,
        )
        self.qkv = PixelLinear(channels, 3 * channels)
        self.proj = PixelLinear(channels, channels)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """Map windows (B, windows, n, C) to the same."""
        b, count, n, c = x.shape
        qkv = self.qkv(x)
        qkv = qkv.reshape(b, count, n, 3, self.num_heads, c // self.num_heads)
        q, k, v = qkv.permute(3, 0, 1, 4, 2, 5).unbind()
        bias = self.relative_position_bias_table[self.relative_position_index]
        scores = (q * self.scale) @ k.transpose(-2, -1)
        scores = scores + bias.permute(2, 0, 1)
        if mask is not None:
            scores = scores + mask
        y = scores.softmax(-1) @ v
        return self.proj(y.transpose(2, 3).reshape(b, count, n, c))


def _relative_positions(window):
    """Row of the bias table for each pair of pixels of a window (n, n)."""
    # Computed, not learned: known even where a network is only outlined.
    place = torch.arange(window, device='cpu')
    offset = place[:, None] - place[None, :] + window - 1
    rows = offset[:, None, :, None] * (2 * window - 1)
    pairs = rows + offset[None, :, None, :]
    return pairs.reshape(window * window, window * window)
