"""Swin layers that keep pixels in windows and work through them in pieces.

Same values as `models.layers.SwinLayers` (Liang et al., "SwinIR", ICCV
Workshops 2021) up to rounding.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from adacode_mm.models.layers.swin_layers import SwinLayers, check_grid

from .packed_layers import PackedConv, PackedLinear, compute_dtype, shared
from .window_order import kind_masks, window_order

# Windows per piece: what an MLP makes of them stays in a CPU's cache. GPUs
# want large pieces; the number bounds their memory.
PIECE = {'cpu': 16}
_OTHER_PIECE = 1024


class FusedSwinLayers(nn.Module):
    """`SwinLayers` for inference.

    The residual stream, normalisation and softmax are float32 under autocast,
    too, and so is the result.

    Args:
        swin: The layers whose parameters are used.
    """

    def __init__(self, swin: SwinLayers):
        super().__init__()
        self.window_size = swin.window_size
        self.layers = nn.ModuleList(FusedLayer(x) for x in swin.layers)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, h, w) to (B, C, h, w).

        Raises:
            InputError: If h or w is no multiple of the window size.
        """
        h, w = x.shape[2:]
        check_grid(h, w, self.window_size)
        dtype = compute_dtype(x)
        with torch.autocast(x.device.type, enabled=False):
            # A copy, since layers add to it.
            grid = x.permute(0, 2, 3, 1).to(torch.float32, copy=True)
            grid = grid.contiguous()
            for layer in self.layers:
                layer.add_to(grid, dtype)
        return grid.permute(0, 3, 1, 2)


class FusedLayer(nn.Module):
    """An RSTB: Swin blocks and a convolution, added to the input."""

    def __init__(self, rstb: nn.Module):
        super().__init__()
        self.blocks = nn.ModuleList(
            FusedBlock(block) for block in rstb.residual_group.blocks
        )
        self.conv = PackedConv.sharing(rstb.conv)

    def add_to(self, grid, dtype):
        """Add to a contiguous float32 grid (B, h, w, C) in place."""
        b, h, w, c = grid.shape
        rows, inverse, shift = grid.view(-1, c), None, None
        for block in self.blocks:
            order = window_order(
                b, h, w, block.window, block.shift, str(grid.device)
            )
            if shift != block.shift:
                step = order.order
                if inverse is not None:
                    step = inverse[step]
                rows = rows.index_select(0, step)
                inverse, shift = order.inverse, block.shift
            block.add_to(rows, order.kinds, dtype)
        rows = rows.index_select(0, inverse)
        image = rows.view(b, h, w, c).permute(0, 3, 1, 2).to(dtype)
        self.conv(image, add_to=grid.permute(0, 3, 1, 2))


class FusedBlock(nn.Module):
    """Attention inside of windows, then an MLP, each added to the input."""

    def __init__(self, block: nn.Module):
        super().__init__()
        attn = block.attn
        self.window, self.shift = block.window_size, block.shift_size
        self.heads = attn.num_heads
        self.norm1, self.norm2 = block.norm1, block.norm2
        self.qkv = PackedLinear.sharing(attn.qkv)
        self.proj = PackedLinear.sharing(attn.proj)
        self.fc1 = PackedLinear.sharing(block.mlp.fc1)
        self.fc2 = PackedLinear.sharing(block.mlp.fc2)
        self.scale = attn.scale
        n = self.window**2
        index = attn.relative_position_index.flatten()
        bias = attn.relative_position_bias_table.detach()[index]
        bias = bias.view(n, n, self.heads).permute(2, 0, 1)
        kinds = kind_masks(self.window, self.shift).to(bias)
        kinds = kinds if self.shift else kinds[:1]
        # (kinds, 1, heads, n, n): a shifted window knows where it lies.
        self.bias = shared(kinds[:, None, None] + bias)

    def add_to(self, rows, kinds, dtype):
        """Add to float32 rows (n, C), window by window, in place."""
        piece = PIECE.get(rows.device.type, _OTHER_PIECE)
        start, n = 0, self.window**2
        for kind, count in kinds:
            bias = self.bias[kind].to(dtype)
            end = start + count
            # Pieces of about equal size: a small one would cost as much.
            pieces = rows[start * n : end * n].view(count, n, -1)
            for part in pieces.tensor_split(math.ceil(count / piece)):
                self(part.flatten(0, 1), bias)
            start = end

    def forward(self, rows: Tensor, bias: Tensor) -> None:
        """Add to float32 rows (windows * n, C) of one kind, in place.

        Args:
            rows: Some windows.
            bias: (1, heads, n, n), of the type to compute in.
        """
        self._attend(rows, bias, bias.dtype)
        self._mlp(rows, bias.dtype)

    def _attend(self, rows, bias, dtype):
        n, c = self.window**2, rows.shape[1]
        qkv = self.qkv(_layer_norm(self.norm1, rows).to(dtype))
        qkv = qkv.view(-1, n, 3, self.heads, c // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        if q.dtype == torch.bfloat16 and q.device.type == 'cpu':
            # Half the time of the fused operator: its products are small.
            scores = torch.baddbmm(
                bias.expand(len(q), -1, -1, -1).reshape(-1, n, n),
                q.reshape(-1, n, q.shape[3]),
                k.reshape(-1, n, q.shape[3]).transpose(1, 2),
                alpha=self.scale,
            )
            y = scores.view(len(q), -1, n, n).softmax(3) @ v
        else:
            y = F.scaled_dot_product_attention(
                q, k, v, bias.expand(len(q), -1, -1, -1), scale=self.scale
            )
        self.proj(y.transpose(1, 2).reshape(-1, c), add_to=rows)

    def _mlp(self, rows, dtype):
        y = _layer_norm(self.norm2, rows).to(dtype)
        self.fc2(self.fc1(y, gelu=True), add_to=rows)


def _layer_norm(norm, x):
    return F.layer_norm(
        x, norm.normalized_shape, norm.weight, norm.bias, norm.eps
    )
