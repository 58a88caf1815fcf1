"""Swin layers whose masks and windows follow the size of the input.

Liang et al., "SwinIR: Image restoration using Swin transformer", ICCV
Workshops 2021, section 3.2. The layers of training look at sizes in Python
(masks are kept for one grid), which an exported graph cannot.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from adacode_mm.models.layers.swin_layers import SwinLayers

# What keeps pixels from different regions apart; finite, as in training.
_APART = -100.0


class TraceableSwin(nn.Module):
    """The same function as the given layers, with their very parameters.

    Args:
        swin: Layers of a trained network.
    """

    def __init__(self, swin: SwinLayers):
        super().__init__()
        self.window_size = swin.window_size
        self.layers = nn.ModuleList(_Layer(layer) for layer in swin.layers)
        blocks = [block for layer in self.layers for block in layer.blocks]
        # All shifted blocks of a stack have the same shift.
        self.shift_size = max(block.shift_size for block in blocks)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, h, w) to (B, C, h, w), multiples of the window size."""
        mask = shift_mask(
            x.shape[2], x.shape[3], self.window_size, self.shift_size
        )
        for layer in self.layers:
            x = layer(x, mask)
        return x


def shift_mask(h: int, w: int, window: int, shift: int) -> Tensor:
    """What is added to the attention of shifted windows.

    Args:
        h: Rows of the latent grid, a multiple of `window`; likewise `w`.
        w: Columns of the latent grid.
        window: Side of the windows.
        shift: How far they are shifted.

    Returns:
        (windows, window ** 2, window ** 2): 0 where two pixels of a window
        are neighbours in the image, too, and -100 where the shift brought
        them together.
    """
    regions = [_regions(side, window, shift) for side in (h, w)]
    rows, columns = regions[0][:, None, :, None], regions[1][None, :, None]
    region = (3 * rows + columns).reshape(-1, window * window)
    differ = region[:, None, :] != region[:, :, None]
    return differ.to(torch.float32) * _APART


def _regions(side, window, shift):
    """0, 1 or 2 for the pixels of one axis, a row for each window."""
    place = torch.arange(side)
    last = (place >= side - window).long() + (place >= side - shift).long()
    return last.reshape(-1, window)


class _Layer(nn.Module):
    """An RSTB: blocks, a convolution, and the identity."""

    def __init__(self, rstb):
        super().__init__()
        self.blocks = nn.ModuleList(
            _Block(block) for block in rstb.residual_group.blocks
        )
        self.conv = rstb.conv

    def forward(self, x, mask):
        y = x.permute(0, 2, 3, 1)
        for block in self.blocks:
            y = block(y, mask)
        return x + self.conv(y.permute(0, 3, 1, 2))


class _Block(nn.Module):
    """A Swin block on (B, h, w, C)."""

    def __init__(self, block):
        super().__init__()
        self.window_size, self.shift_size = block.window_size, block.shift_size
        self.norm1, self.norm2 = block.norm1, block.norm2
        self.mlp = nn.ModuleList([block.mlp.fc1, block.mlp.fc2])
        self.attention = _Attention(block.attn)

    def forward(self, x, mask):
        shift = self.shift_size
        y = self.norm1(x)
        if shift:
            y = y.roll((-shift, -shift), (1, 2))
            y = self._attend(y, mask).roll((shift, shift), (1, 2))
        else:
            y = self._attend(y, None)
        x = x + y
        fc1, fc2 = self.mlp
        y = F.gelu(F.linear(self.norm2(x), fc1.weight, fc1.bias))
        return x + F.linear(y, fc2.weight, fc2.bias)

    def _attend(self, x, mask):
        b, h, w, c = x.shape
        side = self.window_size
        grid = (b, h // side, w // side)
        windows = x.reshape(b, grid[1], side, grid[2], side, c)
        windows = windows.permute(0, 1, 3, 2, 4, 5)
        windows = windows.reshape(b, grid[1] * grid[2], side * side, c)
        y = self.attention(windows, mask)
        y = y.reshape(*grid, side, side, c).permute(0, 1, 3, 2, 4, 5)
        return y.reshape(b, h, w, c)


class _Attention(nn.Module):
    """Attention within windows (B, windows, n, C)."""

    def __init__(self, attention):
        super().__init__()
        self.num_heads, self.scale = attention.num_heads, attention.scale
        self.qkv, self.proj = attention.qkv, attention.proj
        index = attention.relative_position_index
        bias = attention.relative_position_bias_table[index.flatten()]
        bias = bias.detach().reshape(*index.shape, -1).permute(2, 0, 1)
        self.register_buffer('bias', bias.contiguous())

    def forward(self, x, mask):
        b, count, n, c = x.shape
        qkv = F.linear(x, self.qkv.weight, self.qkv.bias)
        qkv = qkv.reshape(b, count, n, 3, self.num_heads, c // self.num_heads)
        q, k, v = qkv.permute(3, 0, 1, 4, 2, 5).unbind()
        scores = (q * self.scale) @ k.transpose(-2, -1) + self.bias
        if mask is not None:
            scores = scores + mask[:, None]
        y = scores.softmax(-1) @ v
        y = y.transpose(2, 3).reshape(b, count, n, c)
        return F.linear(y, self.proj.weight, self.proj.bias)
