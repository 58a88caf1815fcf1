"""Latent feature -> image. AdaCode (Liu et al., ICCV 2023), section 3."""

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn

from adacode_mm.models.layers.init_module import InitModule
from adacode_mm.models.layers.scale_blocks import UpBlock
from adacode_mm.registry import MODELS


@MODELS.register_module()
class MultiScaleDecoder(InitModule):
    """Up blocks and an output convolution without activation.

    Args:
        channels: Width of the latent input, then of each up block;
            `len(channels) - 1` doublings in all.
        out_channels: Channels of the image.
        num_groups: Groups of the normalisation layers.
        init_cfg: Initialisation, as in MMEngine.
    """

    def __init__(
        self,
        channels: Sequence[int] = (256, 256, 128, 64),
        out_channels: int = 3,
        num_groups: int = 32,
        init_cfg: dict | list[dict] | None = None,
    ):
        super().__init__(init_cfg)
        self.in_channels = channels[0]
        self.upsampling = 2 ** (len(channels) - 1)
        self.blocks = nn.ModuleList(
            UpBlock(c_in, c_out, num_groups)
            for c_in, c_out in pairwise(channels)
        )
        self.out_conv = nn.Conv2d(channels[-1], out_channels, 3, padding=1)

    def forward(self, latent: Tensor, skips: list[Tensor] = ()) -> Tensor:
        """Decode a latent feature (B, C, h, w).

        Args:
            latent: What the codebooks give.
            skips: Features added to the input of the second, third, ...
                block: (B, C_i, 2h, 2w), (B, C_j, 4h, 4w), ...

        Returns:
            Image (B, 3, H, W), nominal range [0, 1], not clipped.
        """
        x = latent
        for i, block in enumerate(self.blocks):
            if 0 < i <= len(skips):
                x = x + skips[i - 1]
            x = block(x)
        return self.out_conv(x)
