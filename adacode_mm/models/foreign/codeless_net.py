"""Networks without codes, trained as codebook networks are."""

from torch import Tensor

from adacode_mm.core.exceptions import ConfigError
from adacode_mm.models.layers.init_module import InitModule
from adacode_mm.models.structures import CodebookOutput
from adacode_mm.registry import MODELS

from .inner_names import hide_inner_names


@MODELS.register_module()
class CodelessNet(InitModule):
    """Any network from image to image, as the generator of `CodebookEditor`.

    Its output has `image` and nothing else, so the losses on pictures, the
    discriminator, the averaged weights and the metrics are to be had, and
    those on codes are not. The parameters have the names that they have in
    the network itself: MMagic's checkpoints of, say, `RRDBNet` load.

    Args:
        network: Config of a network that takes images (B, 3, H, W) and
            returns images (B, 3, scale * H, scale * W).
        scale: Ratio of output to input size.
        size_multiple: What the network needs height and width to be
            multiples of.
        init_cfg: Initialisation, as in MMEngine.

    Attributes:
        has_codes: False: `CodebookEditor` refuses losses on codes.

    Raises:
        ConfigError: In `forward`, if the network has another scale.
    """

    family = 'foreign'
    has_codes = False

    def __init__(
        self,
        network: dict,
        scale: int,
        size_multiple: int = 1,
        init_cfg: dict | list[dict] | None = None,
    ):
        super().__init__(init_cfg)
        self.network = MODELS.build(network)
        self.scale = scale
        self.size_multiple = size_multiple
        hide_inner_names(self)

    def forward(self, image: Tensor) -> CodebookOutput:
        """Restore images (B, 3, H, W) in [0, 1]."""
        restored = self.network(image)
        expected = tuple(self.scale * side for side in image.shape[-2:])
        if tuple(restored.shape[-2:]) != expected:
            height, width = restored.shape[-2:]
            raise ConfigError(
                f'The network must enlarge by scale={self.scale}, but '
                f'{type(self.network).__name__} makes {height}x{width} '
                f'pixels of {image.shape[-2]}x{image.shape[-1]}: give the '
                f'scale that it has.'
            )
        return CodebookOutput(restored, None, [], [], None)
