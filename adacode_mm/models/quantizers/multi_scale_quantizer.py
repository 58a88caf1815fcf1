"""Residual quantization at growing scales with one codebook.

Tian et al., "Visual autoregressive modeling: scalable image generation via
next-scale prediction", NeurIPS 2024, section 3.2, algorithms 1 and 2.
"""

import math
from collections.abc import Sequence
from fractions import Fraction

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from adacode_mm.core.exceptions import InputError
from adacode_mm.models.layers.full_precision import full_precision
from adacode_mm.models.structures import Quantized
from adacode_mm.registry import MODELS

from .vector_quantizer import VectorQuantizer

SCALES = (1, 2, 3, 4, 5, 6, 8, 10, 13, 16)


@MODELS.register_module()
class MultiScaleQuantizer(VectorQuantizer):
    """What the coarser scales leave is quantized at the next finer one.

    Args:
        num_embeddings: Number of codes N.
        embedding_dim: Channels C of each code.
        scales: Side of the square grid of indices at each scale; the last
            one is the side of the features.
        num_phis: Convolutions that are shared out over the scales; each
            takes half of the enlarged codes and adds half of a 3x3
            convolution of them.
        init_cfg: Initialisation, as in MMEngine.
    """

    def __init__(
        self,
        num_embeddings: int = 4096,
        embedding_dim: int = 32,
        scales: Sequence[int] = SCALES,
        num_phis: int = 4,
        init_cfg: dict | list[dict] | None = None,
    ):
        super().__init__(num_embeddings, embedding_dim, init_cfg)
        self.scales = tuple(scales)
        self.phis = nn.ModuleList(
            nn.Conv2d(embedding_dim, embedding_dim, 3, padding=1)
            for _ in range(num_phis)
        )
        self.phi_of_scale = _phi_of_scale(len(self.scales), num_phis)

    @property
    def num_tokens(self) -> int:
        """Indices of an image over all scales."""
        return sum(scale**2 for scale in self.scales)

    @full_precision
    def forward(self, z: Tensor) -> list[Quantized]:
        """Quantize features (B, C, h, w), h = w = `scales[-1]`.

        Returns:
            One entry per scale: the sum of codes up to this scale, straight
            through, and the indices (B, scale, scale) of this scale.

        Raises:
            InputError: If the features have another size.
        """
        side = self.scales[-1]
        if z.shape[2:] != (side, side):
            raise InputError(
                f'The latent grid must be {side}x{side}, the last scale of '
                f'the quantizer, got {z.shape[2]}x{z.shape[3]}: resize or '
                f'cut the image.'
            )
        rest, codes = z.detach(), torch.zeros_like(z)
        quantized = []
        for k, scale in enumerate(self.scales):
            indices = self.nearest(F.adaptive_avg_pool2d(rest, scale))
            residual = self.residual(indices, k)
            codes = codes + residual
            rest = rest - residual.detach()
            st = z + (codes - z).detach()
            quantized.append(Quantized(st, codes, indices))
        return quantized

    def residual(self, indices: Tensor, k: int) -> Tensor:
        """What the indices (B, scale, scale) of scale k add: (B, C, h, w)."""
        codes = self.lookup(indices)
        if self.scales[k] != self.scales[-1]:
            codes = F.interpolate(
                codes, (self.scales[-1],) * 2, mode='bicubic'
            )
        return 0.5 * codes + 0.5 * self.phis[self.phi_of_scale[k]](codes)

    def next_tokens(self, codes: Tensor, k: int) -> Tensor:
        """What a model that predicts scale k + 1 sees of those before it.

        Args:
            codes: Sum up to scale k (B, C, h, w).
            k: Any scale but the last one.

        Returns:
            (B, scale ** 2, C) with the side of scale k + 1.
        """
        pooled = F.adaptive_avg_pool2d(codes, self.scales[k + 1])
        return pooled.flatten(2).transpose(1, 2)

    def all_tokens(self, quantized: Sequence[Quantized]) -> Tensor:
        """`next_tokens` of all scales but the last one, (B, L - 1, C)."""
        tokens = [
            self.next_tokens(quantized[k].codes, k)
            for k in range(len(self.scales) - 1)
        ]
        return torch.cat(tokens, 1)


def flat_indices(quantized: Sequence[Quantized]) -> Tensor:
    """Indices of all scales one after another, each row by row: (B, L)."""
    return torch.cat([q.indices.flatten(1) for q in quantized], 1)


def _phi_of_scale(num_scales, num_phis):
    """For each scale the nearest of evenly spread convolutions.

    Of two that are equally near, as they are for two of ten scales, it is
    the later one; hence fractions.
    """
    margin = Fraction(1, 3 * num_phis)
    step = (1 - 2 * margin) / max(num_phis - 1, 1)
    places = [Fraction(k, max(num_scales - 1, 1)) for k in range(num_scales)]
    nearest = [
        math.floor((x - margin) / step + Fraction(1, 2)) for x in places
    ]
    return [min(max(j, 0), num_phis - 1) for j in nearest]
