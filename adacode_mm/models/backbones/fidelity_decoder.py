"""Codes and the image itself -> restored image, mixed as the user wants.

The slider between prior and input is that of CodeFormer (Zhou et al.,
"Towards robust blind face restoration with codebook lookup transformer",
NeurIPS 2022, section 3.3). The trunk at input resolution behind a sub-pixel
convolution follows EDSR (Lim et al., CVPR Workshops 2017).
"""

import math
from collections.abc import Sequence
from itertools import pairwise

import torch.nn.functional as F
from torch import Tensor, nn

from adacode_mm.models.layers.bicubic_upscale import BicubicUpscale
from adacode_mm.models.layers.init_module import InitModule
from adacode_mm.models.layers.plain_blocks import PlainResBlock, PlainUpBlock
from adacode_mm.registry import MODELS

# Images enter and leave around zero.
_GREY = 0.5


@MODELS.register_module()
class FidelityDecoder(InitModule):
    """Decoder that trusts the input image as far as `fidelity` says.

    Up blocks bring the latent feature to the resolution of the input image.
    There it meets features of the image, times `fidelity` w, and both go
    through the trunk. The result is

        w * bicubic(image) + (1 - w) * draft(codes)
        + details(codes + w * features(image))

    so w = 0 is what the codes alone say, and w = 1 a residual network on the
    enlarged image that sees the codes, too. Without codes that is a
    `PlainNet`, whose parts have the same shapes and are a start. Nothing is
    normalised: what happens in one place of the image changes nothing in
    another.

    Args:
        channels: Width of the latent input, then of each up block;
            `len(channels) - 1` doublings up to the input's resolution.
        scale: Ratio of the output to the input image.
        num_blocks: Residual blocks of the trunk.
        image_channels: Those of the input image; behind RGB, others are a
            skip feature only.
        with_image: False for a decoder that is never shown an image, as in
            stage II: it is what the other is with w = 0.
        init_cfg: Initialisation, as in MMEngine.

    Attributes:
        upsampling: Ratio of the output to the latent grid.
        reach: Rows of the latent grid, to either side of its own, on which a
            row of the output depends; so many of the image, too.
    """

    def __init__(
        self,
        channels: Sequence[int] = (64, 64),
        scale: int = 4,
        num_blocks: int = 4,
        image_channels: int = 3,
        with_image: bool = True,
        init_cfg: dict | list[dict] | None = None,
    ):
        super().__init__(init_cfg)
        self.in_channels = channels[0]
        self.scale = scale
        self.upsampling = scale * 2 ** (len(channels) - 1)
        self.ups = nn.ModuleList(
            PlainUpBlock(c_in, c_out) for c_in, c_out in pairwise(channels)
        )
        # What follows the up blocks, in pixels of the image.
        self.reach = 1 + PlainResBlock.reach * num_blocks
        for _ in self.ups:
            self.reach = math.ceil((self.reach + PlainUpBlock.reach) / 2)
        width = channels[-1]
        self.skip = self.bicubic = None
        if with_image:
            self.skip = nn.Conv2d(image_channels, width, 3, padding=1)
            self.bicubic = BicubicUpscale(scale)
        self.trunk = nn.ModuleList(
            PlainResBlock(width) for _ in range(num_blocks)
        )
        self.draft = nn.Conv2d(width, 3 * scale**2, 3, padding=1)
        self.details = nn.Conv2d(width, 3 * scale**2, 3, padding=1)

    def forward(
        self,
        latent: Tensor,
        skips: Sequence[Tensor] = (),
        image: Tensor | None = None,
        fidelity: float | Tensor = 1.0,
    ) -> Tensor:
        """Decode a latent feature (B, C, h, w).

        Args:
            latent: What the codebooks give.
            skips: Nothing: the image is the skip feature.
            image: The input (B, C_i, H, W) in [0, 1]; None for what
                the codes alone say.
            fidelity: w in [0, 1], or one for each image (B,).

        Returns:
            Image (B, 3, scale * H, scale * W), nominal range [0, 1], not
            clipped.
        """
        x = latent
        for up in self.ups:
            x = up(x)
        draft = self._enlarged(self.draft, x) + _GREY
        if image is None:
            return draft + self._details(x)
        w = fidelity
        if isinstance(w, Tensor):  # a number stays one in an exported graph
            w = w.to(x).reshape(-1, 1, 1, 1)
        details = self._details(x + w * self.skip(image - _GREY))
        return w * self.bicubic(image[:, :3]) + (1 - w) * draft + details

    def _details(self, x):
        for block in self.trunk:
            x = block(x)
        return self._enlarged(self.details, x)

    def _enlarged(self, conv, x):
        return F.pixel_shuffle(conv(x), self.scale)
