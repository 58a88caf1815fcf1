"""VarFormer: restoration guided by a visual autoregressive model.

Wang and Zhao, "Navigating image restoration with VAR's distribution alignment
prior", CVPR 2025.
"""

from torch import Tensor

from adacode_mm.models.layers.init_module import InitModule
from adacode_mm.models.structures import CodebookOutput
from adacode_mm.registry import MODELS

from .prior_network import Prior, VarFormerOutput
from .restoration import RestorationDecoder, RestorationEncoder


@MODELS.register_module()
class VarFormerNet(InitModule):
    """Prior of VAR, restoration encoder, restoration decoder.

    Args:
        prior: Config of the prior, `VARPrior` or alike.
        adjust: As for `RestorationDecoder`; the released network of depth 16
            has none.
        normalize: As for `ScalePrior`.
        clips: Whether the image is clipped to [0, 1], as in the release:
            values outside of it then have no gradient.
        init_cfg: Initialisation, as in MMEngine.

    Attributes:
        family: Who says about it what the house must know.
        scale: Ratio of output to input size.
        image_size: The only side that the network takes.
    """

    family = 'varformer'
    scale = 1

    def __init__(
        self,
        prior: dict,
        adjust: bool = False,
        normalize: bool = True,
        clips: bool = False,
        init_cfg: dict | list[dict] | None = None,
    ):
        super().__init__(init_cfg)
        self.prior = MODELS.build(prior)
        vqvae = self.prior.vqvae
        quantizer = vqvae.quantizer
        shared = (
            vqvae.widths,
            quantizer.embedding_dim,
            len(quantizer.scales),
            normalize,
        )
        self.encoder = RestorationEncoder(*shared)
        self.decoder = RestorationDecoder(*shared, adjust)
        self.clips = clips
        self.image_size = self.prior.image_size

    @property
    def teacher_forcing(self) -> bool:
        return self.prior.teacher_forcing

    @property
    def size_multiple(self) -> int:
        return self.image_size

    def forward(
        self, image: Tensor, truth: CodebookOutput | None = None
    ) -> VarFormerOutput:
        """Restore an image (B, 3, H, W) in [0, 1].

        Args:
            image: H and W are `image_size`.
            truth: As for `VARPrior`.

        Raises:
            InputError: If the image has another size.
        """
        x = 2 * image - 1
        prior = self.prior.predict(x, truth)
        restored = (self.restore(x, prior) + 1) / 2
        if self.clips:
            restored = restored.clamp(0, 1)
        return VarFormerOutput(restored, prior)

    def restore(self, image: Tensor, prior: Prior) -> Tensor:
        """Restored image, nominally in [-1, 1], of one in [-1, 1]."""
        vqvae, decoded = self.prior.vqvae, prior.decoded
        latent, skips = self.encoder(image, prior.features, decoded.residuals)
        middle, features = vqvae.decoder.features(
            vqvae.post_quant(decoded.codes), self.decoder.lowest
        )
        return self.decoder(
            vqvae.pre_quant(latent),
            skips,
            middle,
            features,
            decoded.residuals,
            image,
        )
