"""Predicts how much of each codebook every latent pixel takes.

AdaCode (Liu et al., ICCV 2023), section 3.2, eq. (6).
"""

from torch import Tensor, nn

from adacode_mm.models.layers.init_module import InitModule
from adacode_mm.models.layers.swin_layers import SwinLayers
from adacode_mm.registry import MODELS


@MODELS.register_module()
class WeightPredictor(InitModule):
    """Swin layers, then a 1x1 convolution to one channel per codebook.

    Args:
        in_channels: Channels of the encoder's feature.
        num_codebooks: Channels K of the weight map.
        swin: Arguments of the `SwinLayers`; their defaults if None.
        softmax: Normalise the weights over the codebooks. The released
            networks do not: their weights are free and may be negative.
        init_cfg: Initialisation, as in MMEngine.
    """

    def __init__(
        self,
        in_channels: int,
        num_codebooks: int,
        swin: dict | None = None,
        softmax: bool = False,
        init_cfg: dict | list[dict] | None = None,
    ):
        super().__init__(init_cfg)
        self.num_codebooks = num_codebooks
        self.softmax = softmax
        self.swin = SwinLayers(channels=in_channels, **(swin or {}))
        self.head = nn.Conv2d(in_channels, num_codebooks, 1)

    def forward(self, feat: Tensor) -> Tensor:
        """Map an encoder feature (B, C, h, w) to weights (B, K, h, w)."""
        weight = self.head(self.swin(feat))
        return weight.softmax(1) if self.softmax else weight
