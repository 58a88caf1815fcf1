"""Image -> latent feature, and skip features for restoration.

AdaCode (Liu et al., ICCV 2023), section 3; the encoder of degraded images
comes from FeMaSR (Chen et al., ACM MM 2022), section 3.2.
"""

from collections.abc import Sequence
from itertools import pairwise

import torch.nn.functional as F
from torch import Tensor, nn

from adacode_mm.models.layers.init_module import InitModule
from adacode_mm.models.layers.res_block import group_norm
from adacode_mm.models.layers.scale_blocks import DownBlock, UpBlock
from adacode_mm.models.layers.swin_layers import SwinLayers
from adacode_mm.registry import MODELS


@MODELS.register_module()
class MultiScaleEncoder(InitModule):
    """Convolutional encoder; with `swin`, the tail for degraded images.

    Args:
        channels: Width of the input convolution, then of each down block;
            `len(channels) - 1` halvings in all.
        up_channels: Widths of the up blocks behind the latent feature, whose
            outputs are the skip features.
        swin: Arguments of the `SwinLayers` at the latent grid, or None.
        in_channels: Channels of the image.
        num_groups: Groups of the normalisation layers.
        patch: Side of the squares of pixels that become one, with all their
            values, in front of the input convolution: it halves the image
            without a layer at full size.
        out_norm: Normalise the latent feature, so that codes are looked for
            at one scale of values in all images.
        init_cfg: Initialisation, as in MMEngine.
    """

    def __init__(
        self,
        channels: Sequence[int] = (64, 128, 256, 256),
        up_channels: Sequence[int] = (),
        swin: dict | None = None,
        in_channels: int = 3,
        num_groups: int = 32,
        patch: int = 1,
        out_norm: bool = False,
        init_cfg: dict | list[dict] | None = None,
    ):
        super().__init__(init_cfg)
        self.out_channels = channels[-1]
        self.patch = patch
        self.downsampling = patch * 2 ** (len(channels) - 1)
        # A 4x4 kernel with padding 1 takes one row and column away, and the
        # first stride-2 convolution rounds it up again.
        self.in_conv = nn.Conv2d(
            in_channels * patch**2, channels[0], 4, padding=1
        )
        self.downs = nn.ModuleList(
            DownBlock(c_in, c_out, num_groups)
            for c_in, c_out in pairwise(channels)
        )
        self.swin = None
        if swin is not None:
            self.swin = SwinLayers(channels=channels[-1], **swin)
        self.out_norm = None
        if out_norm:
            self.out_norm = group_norm(channels[-1], num_groups)
        widths = (channels[-1], *up_channels)
        self.ups = nn.ModuleList(
            UpBlock(c_in, c_out, num_groups)
            for c_in, c_out in pairwise(widths)
        )

    def forward(self, image: Tensor) -> list[Tensor]:
        """Encode an image (B, 3, H, W) with values in [0, 1].

        Returns:
            The latent feature (B, C, h, w), h = H / downsampling, then one
            skip feature per up block (B, C_i, 2h, 2w), (B, C_j, 4h, 4w), ...
        """
        if self.patch > 1:
            image = F.pixel_unshuffle(image, self.patch)
        x = self.in_conv(image)
        for down in self.downs:
            x = down(x)
        if self.swin is not None:
            x = self.swin(x)
        if self.out_norm is not None:
            x = self.out_norm(x)
        feats = [x]
        for up in self.ups:
            feats.append(up(feats[-1]))
        return feats
