"""Codebook networks for editors that expect a picture, nothing else."""

from collections.abc import Sequence

from torch import Tensor

from adacode_mm.core.exceptions import ConfigError
from adacode_mm.models.layers.frozen import freeze
from adacode_mm.models.layers.padding import padded_forward
from adacode_mm.models.structures import CodebookOutput
from adacode_mm.registry import MODELS

from .codebook_net import CodebookNet


@MODELS.register_module()
class ImageCodebookNet(CodebookNet):
    """`CodebookNet` from image to image, as MMagic's generators are.

    It takes images of any size and returns the picture alone, so it can be
    the generator of MMagic's `SRGAN`, `RealESRGAN`, `BaseEditModel` and
    their kin. Its parameters have the names that they have in
    `CodebookNet`: checkpoints of one are those of the other.

    A loss on pictures alone gives the codes no gradient (the quantizer
    passes it by), so the codebooks are frozen here.

    Args:
        encoder: As for `CodebookNet`, like the rest.
        decoder: Config of the decoder.
        quantizers: One config per codebook.
        weight_predictor: Config of the weight predictor.
        semantic_channels: None, and here only because other configs have it.
        padding: Rule of `padded_forward` in evaluation.
            Training patches get no more padding than they need.
        frozen: Names of children that are not trained.
        init_cfg: Initialisation, as in MMEngine.

    Raises:
        ConfigError: If the parts do not fit together, or there is a semantic
            head, which losses on pictures do not train.
    """

    def __init__(
        self,
        encoder: dict,
        decoder: dict,
        quantizers: list[dict],
        weight_predictor: dict | None = None,
        semantic_channels: int | None = None,
        padding: str = 'released',
        frozen: Sequence[str] = ('quantizers',),
        init_cfg: dict | list[dict] | None = None,
    ):
        if semantic_channels is not None:
            raise ConfigError(
                f'semantic_channels must be None in ImageCodebookNet, got '
                f'{semantic_channels}: nothing would train the semantic head.'
            )
        super().__init__(
            encoder,
            decoder,
            quantizers,
            weight_predictor=weight_predictor,
            init_cfg=init_cfg,
        )
        self.padding = padding
        for name in frozen:
            freeze(self.get_submodule(name))

    def forward(self, image: Tensor) -> Tensor:
        """Restore images (B, 3, H, W) in [0, 1].

        Returns:
            Images (B, 3, scale * H, scale * W), not clipped.

        Raises:
            InputError: If the image is too small to be padded.
        """
        rule = 'minimal' if self.training else self.padding
        return padded_forward(_WithCodes(self), image, rule).image


class _WithCodes:
    """The network's own forward, which its subclass hides."""

    def __init__(self, net: ImageCodebookNet):
        self.net = net
        self.scale = net.scale
        self.size_multiple = net.size_multiple

    def __call__(self, image: Tensor) -> CodebookOutput:
        return CodebookNet.forward(self.net, image)
