"""The two networks that restore, guided by VAR's prior.

VarFormer (Wang and Zhao, CVPR 2025). Their topology is that of the
tokenizer's encoder and decoder.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from .adjustment import Adjustment
from .autoencoder import Decoder, Encoder
from .prior_guide import PriorGuide

# Heads of the exchange after the middle, then after each level downwards.
_EXCHANGE_HEADS = (4, 2, 2, 1, 1)


class RestorationEncoder(Encoder):
    """Degraded image to latent; all levels but the first are guided.

    Args:
        widths: Channels of each level.
        latent_channels: Channels of latent and codes.
        num_scales: Scales of the prior.
        normalize: As for `ScalePrior`.
    """

    def __init__(
        self,
        widths: Sequence[int],
        latent_channels: int,
        num_scales: int,
        normalize: bool = True,
    ):
        super().__init__(widths, latent_channels)
        last = len(widths) - 1
        self.guides = nn.ModuleDict(
            {
                str(level): PriorGuide(
                    self.in_widths[level],
                    widths[level],
                    num_scales,
                    latent_channels,
                    factor=2 ** (last - level),
                    num_heads=8,
                    normalize=normalize,
                )
                for level in range(1, len(widths))
            }
        )

    def forward(
        self, image: Tensor, features: Sequence[Tensor], scales: Tensor
    ) -> tuple[Tensor, list[Tensor]]:
        """Encode an image (B, 3, H, W) in [-1, 1].

        Args:
            image: H and W are those that the prior was made for.
            features: The tokenizer's features of the same image, per level.
            scales: What VAR adds at each scale (B, K, C, h, w).

        Returns:
            The latent, and the feature behind the blocks of each level.
        """

        def guide(level, h):
            if level == 0:
                return h
            return self.guides[str(level)](h, features[level], scales)

        return super().forward(image, guide)


class RestorationDecoder(Decoder):
    """Latent to image; all levels but the last are guided.

    Args:
        widths: Channels of the tokenizer at each level.
        latent_channels: Channels of latent and codes.
        num_scales: Scales of the prior.
        normalize: As for `ScalePrior`.
        adjust: Whether features are warped to those of VAR's reconstruction.

    Attributes:
        lowest: The lowest level of the tokenizer's decoder that is needed.
    """

    def __init__(
        self,
        widths: Sequence[int],
        latent_channels: int,
        num_scales: int,
        normalize: bool = True,
        adjust: bool = False,
    ):
        # Each level ends with the width of the next one.
        ends = (widths[0], *widths[:-1])
        super().__init__(ends, widths[-1], latent_channels, num_blocks=2)
        last = len(widths) - 1
        self.guides = nn.ModuleDict(
            {
                str(level): PriorGuide(
                    widths[level],
                    widths[level],
                    num_scales,
                    latent_channels,
                    factor=2 ** (last - level),
                    num_heads=4,
                    normalize=normalize,
                )
                for level in range(1, len(widths))
            }
        )
        self.theta = nn.Parameter(torch.ones(len(widths)))
        self.input_weight = nn.Parameter(torch.tensor(0.5))
        self.lowest = 0 if adjust else 1
        self.adjustments = nn.ModuleDict()
        if adjust:
            previous = 0
            for place, width in enumerate((widths[-1], *ends[:0:-1])):
                name = str(last + 1 - place) if place else 'mid'
                self.adjustments[name] = Adjustment(
                    width, _EXCHANGE_HEADS[place], previous
                )
                previous = width

    def forward(
        self,
        latent: Tensor,
        skips: Sequence[Tensor],
        middle: Tensor,
        features: Mapping[int, Tensor],
        scales: Tensor,
        image: Tensor,
    ) -> Tensor:
        """Restored image (B, 3, H, W), nominally in [-1, 1].

        Args:
            latent: (B, C, h, w).
            skips: Features of `RestorationEncoder`.
            middle: What the tokenizer's decoder gives for VAR's codes before
                all levels.
            features: What it gives behind each level, from `lowest` on.
            scales: What VAR adds at each scale (B, K, C, h, w).
            image: The degraded image in [-1, 1].
        """
        h, offset = self.mid(self.conv_in(latent)), None
        if self.adjustments:
            h, offset = self.adjustments['mid'](h, middle)
        for level in range(len(self.up) - 1, -1, -1):
            gate = self.theta[level].sigmoid()
            h = gate * h + (1 - gate) * skips[level]
            if level == 0:
                h = self.up[0](h)
                break
            h = self.guides[str(level)](h, features[level], scales)
            h = self.up[level].resample(self.up[level](h))
            if self.adjustments:
                adjust = self.adjustments[str(level)]
                h, offset = adjust(h, features[level - 1], offset)
        restored = self.to_image(h)
        return (1 - self.input_weight) * restored + self.input_weight * image
