"""Transformer blocks of VAR, steered by a condition.

Tian et al., "Visual autoregressive modeling", NeurIPS 2024; adaptive layer
normalisation: Peebles and Xie, "Scalable diffusion models with transformers",
ICCV 2023.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

# The temperature of the attention is learned as its logarithm.
_LARGEST_LOG_SCALE = math.log(100)


class KeyValueCache:
    """Keys and values of one block over the scales of one call.

    With gradients, tensors are joined; without, they are written into memory
    that is reserved once.

    Args:
        length: Number of positions at the end.
    """

    def __init__(self, length: int):
        self.length = length
        self.filled = 0
        self.held = None

    def extend(self, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """Keys and values (B, H, l, d) behind all that came before."""
        new = torch.stack([k, v])
        start, self.filled = self.filled, self.filled + k.shape[2]
        if torch.is_grad_enabled():
            if start:
                new = torch.cat([self.held, new], 3)
            self.held = new
        else:
            if not start:
                size = (*new.shape[:3], self.length, new.shape[4])
                self.held = new.new_empty(size)
            self.held[:, :, :, start : self.filled] = new
        held = self.held[:, :, :, : self.filled]
        return held[0], held[1]


class SelfAttention(nn.Module):
    """Attention on normalised queries and keys, with a learned temperature."""

    def __init__(self, channels: int, num_heads: int):
        super().__init__()
        self.num_heads = num_heads
        self.scale_mul_1H11 = nn.Parameter(
            torch.full((1, num_heads, 1, 1), math.log(4.0))
        )
        self.mat_qkv = nn.Linear(channels, 3 * channels, bias=False)
        self.q_bias = nn.Parameter(torch.zeros(channels))
        self.v_bias = nn.Parameter(torch.zeros(channels))
        self.proj = nn.Linear(channels, channels)

    def forward(
        self,
        x: Tensor,
        mask: Tensor | None = None,
        cache: KeyValueCache | None = None,
    ) -> Tensor:
        """Map (B, l, C) to (B, l, C).

        Args:
            x: Tokens.
            mask: What is added to the attention (l, l), or None.
            cache: Keys and values of earlier tokens; those of `x` are added.
        """
        bias = (self.q_bias, torch.zeros_like(self.q_bias), self.v_bias)
        qkv = F.linear(x, self.mat_qkv.weight, torch.cat(bias))
        q, k, v = qkv.unflatten(2, (3, self.num_heads, -1)).permute(
            2, 0, 3, 1, 4
        )
        scale = self.scale_mul_1H11.clamp(max=_LARGEST_LOG_SCALE).exp()
        q = F.normalize(q, dim=-1) * scale
        k = F.normalize(k, dim=-1)
        if cache is not None:
            k, v = cache.extend(k, v)
        y = F.scaled_dot_product_attention(q, k, v, mask, scale=1.0)
        return self.proj(y.transpose(1, 2).flatten(2))


class FeedForward(nn.Module):
    """Two linear layers with a GELU (tanh form) between them."""

    def __init__(self, channels: int, hidden: int):
        super().__init__()
        self.fc1 = nn.Linear(channels, hidden)
        self.fc2 = nn.Linear(hidden, channels)

    def forward(self, x: Tensor) -> Tensor:
        """Map (..., C) to (..., C)."""
        return self.fc2(F.gelu(self.fc1(x), approximate='tanh'))


class Modulation(nn.Sequential):
    """`count` vectors per condition: SiLU, then one linear layer."""

    def __init__(self, channels: int, count: int):
        super().__init__(nn.SiLU(), nn.Linear(channels, count * channels))
        self.count = count

    def forward(self, condition: Tensor) -> tuple[Tensor, ...]:
        """Vectors (B, 1, C) of a condition (B, C)."""
        return super().forward(condition)[:, None].chunk(self.count, 2)


class AdaLNBlock(nn.Module):
    """Attention and feed-forward, each scaled, shifted and gated."""

    def __init__(self, channels: int, num_heads: int, mlp_ratio: float = 4.0):
        super().__init__()
        self.attn = SelfAttention(channels, num_heads)
        self.ffn = FeedForward(channels, round(channels * mlp_ratio))
        self.ada_lin = Modulation(channels, 6)

    def forward(
        self,
        x: Tensor,
        vectors: tuple[Tensor, ...],
        mask: Tensor | None = None,
        cache: KeyValueCache | None = None,
    ) -> Tensor:
        """Map (B, l, C) to (B, l, C).

        Args:
            x: Tokens.
            vectors: What `ada_lin` gives for the condition.
            mask: As for `SelfAttention`.
            cache: As for `SelfAttention`.
        """
        gate1, gate2, scale1, scale2, shift1, shift2 = vectors
        y = self.attn(modulated(x, scale1, shift1), mask, cache)
        x = x + gate1 * y
        return x + gate2 * self.ffn(modulated(x, scale2, shift2))


class AdaLNHead(nn.Module):
    """Normalisation in front of the classifier."""

    def __init__(self, channels: int):
        super().__init__()
        self.ada_lin = Modulation(channels, 2)

    def forward(self, x: Tensor, vectors: tuple[Tensor, ...]) -> Tensor:
        """Map (B, l, C) to (B, l, C)."""
        return modulated(x, *vectors)


def modulated(x: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    """LayerNorm (eps 1e-6) of (B, l, C), scaled by 1 + `scale`, shifted."""
    return F.layer_norm(x, x.shape[-1:], eps=1e-6) * (1 + scale) + shift
