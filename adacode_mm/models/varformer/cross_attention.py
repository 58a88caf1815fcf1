"""Cross-attention that shows the degraded image to VAR.

VarFormer (Wang and Zhao, CVPR 2025). The released code puts the result
together wrongly: heads, positions and images change places. Its weights are
made for that, so both arrangements are here.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from adacode_mm.core.exceptions import ConfigError

LAYOUTS = ('official', 'official_batch', 'fixed')


class CrossAttention(nn.Module):
    """Queries of the image, keys and values of VAR; no identity is added."""

    def __init__(self, channels: int, num_heads: int = 16):
        super().__init__()
        self.num_heads = num_heads
        self.mat_q = nn.Linear(channels, channels, bias=False)
        self.mat_kv = nn.Linear(channels, 2 * channels, bias=False)
        self.q_bias = nn.Parameter(torch.zeros(channels))
        self.v_bias = nn.Parameter(torch.zeros(channels))
        self.proj = nn.Linear(channels, channels)

    def forward(self, query: Tensor, value: Tensor, layout: str) -> Tensor:
        """Attend from one stream to the other.

        Args:
            query: (B, l, C), or less in the first dimension if it is the
                same for both halves of the guidance.
            value: (B, l, C); with guidance, one half behind the other.
            layout: How the heads are put together again, one of `LAYOUTS`.

                `official`: as in the release for one image, whose two halves
                of the guidance change places with heads and positions.
                Images do not depend on each other.

                `official_batch`: as in the release for a batch: images do.

                `fixed`: each position gets its own heads.

        Returns:
            (B, l, C).
        """
        q = F.linear(query, self.mat_q.weight, self.q_bias)
        q = q.repeat(len(value) // len(query), 1, 1)
        bias = torch.cat([torch.zeros_like(self.v_bias), self.v_bias])
        kv = F.linear(value, self.mat_kv.weight, bias)
        q, k, v = (
            each.unflatten(2, (self.num_heads, -1)).transpose(1, 2)
            for each in (q, *kv.chunk(2, 2))
        )
        scale = 0.25 / q.shape[-1] ** 0.5
        y = F.scaled_dot_product_attention(q, k, v, scale=scale)
        return self.proj(_put_together(y, layout))


def _put_together(heads, layout):
    b, _, length, _ = heads.shape
    if layout == 'fixed':
        return heads.transpose(1, 2).flatten(2)
    if layout == 'official_batch':
        return heads.transpose(0, 1).reshape(b, length, -1)
    # The two halves of each image, which lie b / 2 apart.
    halves = heads.unflatten(0, (2, -1)).permute(1, 2, 0, 3, 4)
    halves = halves.reshape(b // 2, 2, length, -1)
    return halves.transpose(0, 1).flatten(0, 1)


def check_layout(layout: str) -> str:
    """The layout itself.

    Raises:
        ConfigError: If it is none of `LAYOUTS`.
    """
    if layout not in LAYOUTS:
        raise ConfigError(f'layout must be one of {LAYOUTS}, got {layout!r}.')
    return layout
