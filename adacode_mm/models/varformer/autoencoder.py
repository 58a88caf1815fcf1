"""Encoder and decoder with a feature for every resolution.

Level 0 is the image's resolution, each level has half of the one before. The
tokenizer and the restoration networks share them: the latter change the
feature on its way.
"""

from collections.abc import Callable, Sequence

import torch.nn.functional as F
from torch import Tensor, nn

from adacode_mm.models.layers.res_block import group_norm

from .layers import Downsample, Middle, Stage, Upsample


class Encoder(nn.Module):
    """Image to latent.

    Args:
        widths: Channels of each level.
        latent_channels: Channels of the latent.
        num_blocks: Residual blocks of each level; attention follows those of
            the last one.
    """

    def __init__(
        self,
        widths: Sequence[int] = (160, 160, 320, 320, 640),
        latent_channels: int = 32,
        num_blocks: int = 2,
    ):
        super().__init__()
        last = len(widths) - 1
        self.conv_in = nn.Conv2d(3, widths[0], 3, padding=1)
        self.in_widths = (widths[0], *widths[:-1])
        self.down = nn.ModuleList(
            Stage(
                self.in_widths[level],
                width,
                num_blocks,
                attention=level == last,
                resample=Downsample(width) if level < last else None,
            )
            for level, width in enumerate(widths)
        )
        self.mid = Middle(widths[-1])
        self.norm_out = group_norm(widths[-1], 32)
        self.conv_out = nn.Conv2d(widths[-1], latent_channels, 3, padding=1)

    def forward(
        self,
        image: Tensor,
        guide: Callable[[int, Tensor], Tensor] | None = None,
    ) -> tuple[Tensor, list[Tensor]]:
        """Encode an image (B, 3, H, W) in [-1, 1].

        Args:
            image: H and W are multiples of 2 ** (levels - 1).
            guide: Maps the number of a level and the feature that enters it
                to the feature that its blocks receive instead.

        Returns:
            The latent, and the feature behind the blocks of each level.
        """
        h = self.conv_in(image)
        features = []
        for level, stage in enumerate(self.down):
            if guide is not None:
                h = guide(level, h)
            h = stage(h)
            features.append(h)
            if stage.resample is not None:
                h = stage.resample(h)
        h = self.mid(h)
        return self.conv_out(F.silu(self.norm_out(h))), features


class Decoder(nn.Module):
    """Latent to image.

    Args:
        widths: Channels behind the blocks of each level.
        mid_width: Channels at the start.
        latent_channels: Channels of the latent.
        num_blocks: Residual blocks of each level; attention follows those of
            the last one, the first to be computed.
    """

    def __init__(
        self,
        widths: Sequence[int] = (160, 160, 320, 320, 640),
        mid_width: int = 640,
        latent_channels: int = 32,
        num_blocks: int = 3,
    ):
        super().__init__()
        last = len(widths) - 1
        self.conv_in = nn.Conv2d(latent_channels, mid_width, 3, padding=1)
        self.mid = Middle(mid_width)
        self.in_widths = (*widths[1:], mid_width)
        self.up = nn.ModuleList(
            Stage(
                self.in_widths[level],
                width,
                num_blocks,
                attention=level == last,
                resample=Upsample(width) if level else None,
            )
            for level, width in enumerate(widths)
        )
        self.norm_out = group_norm(widths[0], 32)
        self.conv_out = nn.Conv2d(widths[0], 3, 3, padding=1)

    def features(
        self, latent: Tensor, lowest: int = 0
    ) -> tuple[Tensor, dict[int, Tensor]]:
        """Features on the way to the image.

        Args:
            latent: (B, C, h, w).
            lowest: Number of the last level to compute.

        Returns:
            The feature before all levels, and the one behind the blocks of
            each level down to `lowest`.
        """
        middle = h = self.mid(self.conv_in(latent))
        features = {}
        for level in range(len(self.up) - 1, lowest - 1, -1):
            h = features[level] = self.up[level](h)
            if level > lowest:
                h = self.up[level].resample(h)
        return middle, features

    def to_image(self, feature: Tensor) -> Tensor:
        """Image (B, 3, H, W) of the feature behind level 0, not clipped."""
        return self.conv_out(F.silu(self.norm_out(feature)))

    def forward(self, latent: Tensor) -> Tensor:
        """Image (B, 3, H, W), nominally in [-1, 1], of a latent."""
        return self.to_image(self.features(latent)[1][0])
