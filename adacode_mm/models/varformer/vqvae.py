"""VAR's image tokenizer: an image as code indices at several scales.

Tian et al., "Visual autoregressive modeling: scalable image generation via
next-scale prediction", NeurIPS 2024, section 3.2.
"""

from collections.abc import Sequence

from torch import Tensor, nn

from adacode_mm.models.layers.init_module import InitModule
from adacode_mm.models.structures import CodebookOutput
from adacode_mm.registry import MODELS

from .autoencoder import Decoder, Encoder


@MODELS.register_module()
class MultiScaleVQVAE(InitModule):
    """Encoder, residual codes at K scales, decoder.

    Args:
        quantizer: Config of the quantizer, `MultiScaleQuantizer` or alike.
        widths: Channels of encoder and decoder at each level.
        init_cfg: Initialisation, as in MMEngine.

    Attributes:
        scale: Ratio of output to input size.
        image_size: The only side that the network takes.
    """

    scale = 1

    def __init__(
        self,
        quantizer: dict,
        widths: Sequence[int] = (160, 160, 320, 320, 640),
        init_cfg: dict | list[dict] | None = None,
    ):
        super().__init__(init_cfg)
        self.quantizer = MODELS.build(quantizer)
        channels = self.quantizer.embedding_dim
        self.encoder = Encoder(widths, channels)
        self.decoder = Decoder(widths, widths[-1], channels)
        self.pre_quant = nn.Conv2d(channels, channels, 3, padding=1)
        self.post_quant = nn.Conv2d(channels, channels, 3, padding=1)
        self.widths = tuple(widths)
        grid = self.quantizer.scales[-1]
        self.image_size = grid * 2 ** (len(widths) - 1)

    @property
    def size_multiple(self) -> int:
        return self.image_size

    def encode(self, image: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Latent and features per level of an image in [-1, 1]."""
        latent, features = self.encoder(image)
        return self.pre_quant(latent), features

    def decode(self, latent: Tensor) -> Tensor:
        """Image (B, 3, H, W), nominally in [-1, 1], of a quantized latent."""
        return self.decoder(self.post_quant(latent))

    def forward(self, image: Tensor, decode: bool = True) -> CodebookOutput:
        """Reconstruct an image (B, 3, H, W) in [0, 1].

        Args:
            image: H and W are `image_size`.
            decode: False stops before the decoder: `image` of the output is
                then None.

        Returns:
            Output whose `quantized` has one entry per scale: codes are the
            sum over this scale and those before it. VAR's training loss is
            `VQLoss(loss_weight=1 / K)`.

        Raises:
            InputError: If the image has another size.
        """
        feat, _ = self.encode(2 * image - 1)
        quantized = self.quantizer(feat)
        mixed = quantized[-1].st
        picture = (self.decode(mixed) + 1) / 2 if decode else None
        pre_quant = [feat] * len(quantized)
        return CodebookOutput(picture, feat, pre_quant, quantized, mixed)
