"""Brings the prior of all scales into one level of a restoration network.

VarFormer (Wang and Zhao, CVPR 2025): scale-weighted prior, degradation-aware
enhancement (DAE), adaptive feature transformation (AFT).
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from adacode_mm.models.backbones.weight_predictor import WeightPredictor
from adacode_mm.models.layers.res_block import group_norm

from .layers import Upsample, as_map, as_tokens


def _weights(channels, count, num_heads):
    swin = {
        'num_layers': 2,
        'depth': 2,
        'num_heads': num_heads,
        'window_size': 4,
    }
    return WeightPredictor(channels, count, swin)


class ScalePrior(nn.Module):
    """Weighted sum of what VAR adds at each scale, as a map of this level.

    The instance normalisation behind the weights takes most of their effect
    away: only scales with small values times small weights remain small. It
    is in the released networks.

    Args:
        channels: Channels of the level's feature, and of the result.
        tokenizer_channels: Channels of the tokenizer's feature.
        num_scales: Scales K of the prior.
        code_channels: Channels C of each.
        factor: Side of the level over that of the latent.
        num_heads: Heads of the Swin layers.
        normalize: Whether there is the instance normalisation.
    """

    def __init__(
        self,
        channels: int,
        tokenizer_channels: int,
        num_scales: int,
        code_channels: int,
        factor: int,
        num_heads: int,
        normalize: bool = True,
    ):
        super().__init__()
        both = channels + tokenizer_channels
        self.norm = group_norm(both, 32)
        self.reduce = nn.Conv2d(both, tokenizer_channels, 1)
        self.weigh = _weights(tokenizer_channels, num_scales, num_heads)
        self.mix = nn.Conv2d(num_scales * code_channels, channels, 1)
        self.enlarge = None
        if factor > 1:
            self.enlarge = Upsample(channels, factor)
        self.normalize = normalize

    def weights(self, h: Tensor, feature: Tensor) -> Tensor:
        """Weight of each scale (B, K); their sum is 1."""
        g = self.reduce(self.norm(torch.cat([feature, h], 1)))
        return self.weigh(g).mean((2, 3)).softmax(1)

    def forward(self, h: Tensor, feature: Tensor, scales: Tensor) -> Tensor:
        """Prior (B, channels, H, W) for this level.

        Args:
            h: Feature of the level (B, channels, H, W).
            feature: The tokenizer's feature there.
            scales: What VAR adds at each scale (B, K, C, h, w).
        """
        weight = self.weights(h, feature)[:, :, None, None, None]
        p = (weight * scales).flatten(1, 2)
        if self.normalize:
            p = F.instance_norm(p)
        p = self.mix(p)
        return p if self.enlarge is None else self.enlarge(p)


class DegradationAwareEnhancement(nn.Module):
    """Mean of feature and prior, weighted at each pixel."""

    def __init__(self, channels: int, num_heads: int):
        super().__init__()
        self.weigh = _weights(2 * channels, 2, num_heads)

    def forward(self, h: Tensor, p: Tensor) -> Tensor:
        """Map two features (B, C, H, W) to one."""
        weight = self.weigh(torch.cat([h, p], 1)).softmax(1)
        return weight[:, :1] * h + weight[:, 1:] * p


class AdaptiveFeatureTransformation(nn.Module):
    """Adds the prior by cross-attention through anchors, one for 4x4 pixels.

    Two attentions in a row, pixels to anchors and anchors to pixels, in
    place of one that is quadratic in the number of pixels.
    """

    def __init__(self, channels: int):
        super().__init__()
        self.norm_q = group_norm(channels, 32)
        self.q = nn.Conv2d(channels, channels, 1)
        self.norm_kv = group_norm(channels, 32)
        self.kv = nn.Conv2d(channels, 2 * channels, 1)
        self.norm_a = group_norm(2 * channels, 32)
        self.a = nn.Conv2d(2 * channels, channels, 4, 4)
        self.proj_out = nn.Conv2d(channels, channels, 1)

    def forward(self, h: Tensor, p: Tensor) -> Tensor:
        """Map two features (B, C, H, W) to one."""
        q = as_tokens(self.q(self.norm_q(h)))
        k, v = map(as_tokens, self.kv(self.norm_kv(p)).chunk(2, 1))
        a = as_tokens(self.a(self.norm_a(torch.cat([h, p], 1))))
        of_anchors = F.scaled_dot_product_attention(a, k, v)
        y = F.scaled_dot_product_attention(q, a, of_anchors)
        return h + self.proj_out(as_map(y, h.shape[2:]))


class PriorGuide(nn.Module):
    """All three in a row, for one level.

    Args:
        channels: Channels of the level's feature.
        tokenizer_channels: Channels of the tokenizer's feature.
        num_scales: Scales K of the prior.
        code_channels: Channels C of each.
        factor: Side of the level over that of the latent.
        num_heads: Heads of the Swin layers.
        normalize: As for `ScalePrior`.
    """

    def __init__(
        self,
        channels: int,
        tokenizer_channels: int,
        num_scales: int,
        code_channels: int,
        factor: int,
        num_heads: int,
        normalize: bool = True,
    ):
        super().__init__()
        self.prior = ScalePrior(
            channels,
            tokenizer_channels,
            num_scales,
            code_channels,
            factor,
            num_heads,
            normalize,
        )
        self.enhance = DegradationAwareEnhancement(channels, num_heads)
        self.transform = AdaptiveFeatureTransformation(channels)

    def forward(self, h: Tensor, feature: Tensor, scales: Tensor) -> Tensor:
        """As `ScalePrior`, but the guided feature is returned."""
        p = self.prior(h, feature, scales)
        return self.transform(self.enhance(h, p), p)
