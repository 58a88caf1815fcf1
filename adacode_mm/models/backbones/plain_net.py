"""What a network without codes does: the honest opponent of those with codes.

EDSR's trunk (Lim et al., CVPR Workshops 2017) on the small image, whose
sub-pixel convolution adds to the bicubically enlarged one.
"""

import torch.nn.functional as F
from torch import Tensor, nn

from adacode_mm.models.layers.bicubic_upscale import BicubicUpscale
from adacode_mm.models.layers.init_module import InitModule
from adacode_mm.models.layers.plain_blocks import PlainResBlock
from adacode_mm.registry import MODELS


@MODELS.register_module()
class PlainNet(InitModule):
    """Residual network from image to image; train it in a `CodelessNet`.

    Args:
        scale: Ratio of output to input size.
        channels: Width.
        num_blocks: Residual blocks.
        init_cfg: Initialisation, as in MMEngine.
    """

    def __init__(
        self,
        scale: int = 4,
        channels: int = 48,
        num_blocks: int = 4,
        init_cfg: dict | list[dict] | None = None,
    ):
        super().__init__(init_cfg)
        self.scale = scale
        self.head = nn.Conv2d(3, channels, 3, padding=1)
        self.trunk = nn.Sequential(
            *(PlainResBlock(channels) for _ in range(num_blocks))
        )
        self.tail = nn.Conv2d(channels, 3 * scale**2, 3, padding=1)
        self.bicubic = BicubicUpscale(scale)

    def forward(self, image: Tensor) -> Tensor:
        """Map (B, 3, H, W) in [0, 1] to (B, 3, scale * H, scale * W)."""
        details = self.tail(self.trunk(self.head(image - 0.5)))
        return self.bicubic(image) + F.pixel_shuffle(details, self.scale)
