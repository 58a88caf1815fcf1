"""The one network behind AdaCode, FeMaSR and VQGAN.

AdaCode: Liu et al., "Learning image-adaptive codebooks for class-agnostic
image restoration", ICCV 2023, section 3. FeMaSR: Chen et al., "Real-world
blind super-resolution via feature matching with implicit high-resolution
priors", ACM MM 2022.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from adacode_mm.core.exceptions import ConfigError, InputError
from adacode_mm.models.layers.hole_fill import HOLE_FILLS
from adacode_mm.models.layers.init_module import InitModule
from adacode_mm.models.structures import CodebookOutput
from adacode_mm.registry import MODELS


@MODELS.register_module()
class CodebookNet(InitModule):
    """Encoder, K codebooks mixed by a weight map, decoder.

    Each codebook k has its own 1x1 projection in front and its own 3x3
    convolution behind; the decoder receives the sum over k of
    `weight[:, k] * post_quant_k(codes_k)`. With one codebook there is no
    weight map. What the paper calls stage I, II and III differ only in the
    numbers given here: K, the widths, and whether the encoder has the tail
    (Swin layers and skip features) for degraded images.

    Args:
        encoder: Config of the encoder, `MultiScaleEncoder` or alike: returns
            the latent feature and a list of skip features.
        decoder: Config of the decoder, `MultiScaleDecoder` or alike.
        quantizers: One config per codebook, `VectorQuantizer` or alike.
        weight_predictor: Config of the weight predictor; its `in_channels`
            and `num_codebooks` follow from the rest. Needed exactly when
            there is more than one codebook.
        semantic_channels: Channels of the training-only semantic head (512
            for VGG19 relu4_4) on a single codebook; None for no head.
        hole_fill: What holes of its inputs hold, one of
            `inference.HOLE_FILLS`. Whoever calls the network sees to it with
            `inference.fill_holes`.
        init_cfg: Initialisation, as in MMEngine.

    Attributes:
        scale: Ratio of output to input size.
        size_multiple: The input's height and width must be multiples of
            this; `adacode_mm.models.layers.padding.padded_forward` sees to it.

    Raises:
        ConfigError: If the parts do not fit together.
    """

    family = 'adacode'

    def __init__(
        self,
        encoder: dict,
        decoder: dict,
        quantizers: list[dict],
        weight_predictor: dict | None = None,
        semantic_channels: int | None = None,
        hole_fill: str = 'white',
        init_cfg: dict | list[dict] | None = None,
    ):
        super().__init__(init_cfg)
        self._check(quantizers, weight_predictor, semantic_channels)
        if hole_fill not in HOLE_FILLS:
            raise ConfigError(
                f'hole_fill must be one of {HOLE_FILLS}, got {hole_fill!r}.'
            )
        self.hole_fill = hole_fill
        self.encoder = MODELS.build(encoder)
        self.decoder = MODELS.build(decoder)
        self.quantizers = nn.ModuleList(MODELS.build(q) for q in quantizers)
        width = self.encoder.out_channels
        dims = [q.embedding_dim for q in self.quantizers]
        self.pre_quants = nn.ModuleList(nn.Conv2d(width, c, 1) for c in dims)
        self.post_quants = nn.ModuleList(
            nn.Conv2d(c, self.decoder.in_channels, 3, padding=1) for c in dims
        )
        self.weight_predictor = None
        if weight_predictor is not None:
            known = {'in_channels': width, 'num_codebooks': len(dims)}
            self.weight_predictor = MODELS.build({**weight_predictor, **known})
        self.semantic_head = None
        if semantic_channels is not None:
            self.semantic_head = nn.Sequential(
                nn.Conv2d(dims[0], semantic_channels, 1), nn.ReLU()
            )
        self.scale = self._scale()

    @staticmethod
    def _check(quantizers, weight_predictor, semantic_channels):
        count = len(quantizers)
        if count == 0:
            raise ConfigError(
                'quantizers must name at least one codebook, got none.'
            )
        if (count > 1) != (weight_predictor is not None):
            raise ConfigError(
                f'weight_predictor must be given exactly when there is more '
                f'than one codebook, got {count} quantizers and '
                f'weight_predictor={weight_predictor}.'
            )
        if semantic_channels is not None and count > 1:
            raise ConfigError(
                f'semantic_channels needs a single codebook, got {count}: '
                f'the semantic head belongs to stage I only.'
            )

    def _scale(self) -> int:
        up, down = self.decoder.upsampling, self.encoder.downsampling
        if up % down:
            raise ConfigError(
                f'The decoder must upsample by a multiple of what the encoder '
                f'downsamples by, got x{up} and x{down}: change the number '
                f'of their channels.'
            )
        return up // down

    @property
    def size_multiple(self) -> int:
        parts = (self.encoder, self.weight_predictor)
        swins = [s for s in (getattr(p, 'swin', None) for p in parts) if s]
        # The released networks without attention pad to 8 latent pixels, too.
        windows = [s.window_size for s in swins] or [8]
        return math.lcm(*windows) * self.encoder.downsampling

    @property
    def takes_fidelity(self) -> bool:
        """Whether results can stay closer to the input or to the codes."""
        return getattr(self.decoder, 'skip', None) is not None

    def forward(
        self,
        image: Tensor,
        decode: bool = True,
        fidelity: float | Tensor | None = None,
    ) -> CodebookOutput:
        """Restore or reconstruct an image (B, 3, H, W) in [0, 1].

        Args:
            image: H and W are multiples of `size_multiple`. With `hole_fill`
                'marked' it has a fourth channel, or no holes.
            decode: False stops before the decoder: `image` of the output is
                then None.
            fidelity: How far to trust the image, from 0 (the codes alone) to
                1, one for all images or one for each (B,); None is 1. Only
                for networks that take it.

        Raises:
            InputError: If the image does not fit the attention windows, or
                a fidelity is given to a network that takes none.
        """
        self.check_fidelity(fidelity)
        image = self.with_marks(image)
        feat, *skips = self.encoder(image)
        out = self.mix(feat)
        if not decode:
            return out
        given = ()
        if self.takes_fidelity:
            given = (image, 1.0 if fidelity is None else fidelity)
        restored = self.decoder(out.mixed, skips, *given)
        # Not `_replace`, which torch.compile gets wrong.
        return CodebookOutput(restored, *out[1:])

    def with_marks(self, image: Tensor) -> Tensor:
        """An image (B, 3, H, W), for `hole_fill` 'marked', without a hole."""
        if self.hole_fill != 'marked' or image.shape[1] != 3:
            return image
        return F.pad(image, (0, 0, 0, 0, 0, 1))

    def check_fidelity(self, fidelity: float | Tensor | None) -> None:
        """Refuse a fidelity that the network cannot follow.

        Raises:
            InputError: If the network takes none, or it is not in [0, 1].
        """
        if fidelity is None:
            return
        if not self.takes_fidelity:
            raise InputError(
                f'fidelity must be left out for this network, got {fidelity}: '
                f'only networks with a FidelityDecoder were trained for it.'
            )
        if isinstance(fidelity, float | int) and not 0 <= fidelity <= 1:
            raise InputError(
                f'fidelity must lie between 0 (the codes alone) and 1 '
                f'(faithful to the input), got {fidelity}.'
            )

    def mix(self, feat: Tensor) -> CodebookOutput:
        """Everything between encoder and decoder.

        Args:
            feat: Encoder feature (B, C, h, w).

        Returns:
            Output whose `image` is None.
        """
        pre_quant = [conv(feat) for conv in self.pre_quants]
        quantized = [
            quantizer(z)
            for quantizer, z in zip(self.quantizers, pre_quant, strict=True)
        ]
        basis = [
            conv(q.st)
            for conv, q in zip(self.post_quants, quantized, strict=True)
        ]
        weight, mixed = None, basis[0]
        if self.weight_predictor is not None:
            weight = self.weight_predictor(feat)
            mixed = sum(
                w_k * b_k
                for w_k, b_k in zip(weight.split(1, 1), basis, strict=True)
            )
        semantic = None
        if self.semantic_head is not None:
            semantic = self.semantic_head(quantized[0].st)
        return CodebookOutput(
            None, feat, pre_quant, quantized, mixed, weight, semantic
        )

    @torch.no_grad()
    def decode_indices(self, indices: Tensor, basis: int = 0) -> Tensor:
        """Picture of codes of one codebook, without weights or skips.

        Args:
            indices: Code indices (B, h, w).
            basis: Which codebook they index.

        Returns:
            Image (B, 3, H, W), not clipped.

        Raises:
            InputError: If an index is outside of the codebook.
        """
        quantizer = self.quantizers[basis]
        n = quantizer.num_embeddings
        if indices.numel() and not 0 <= indices.min() <= indices.max() < n:
            raise InputError(
                f'indices of codebook {basis} must lie in 0..{n - 1}, got '
                f'{indices.min()}..{indices.max()}.'
            )
        codes = quantizer.lookup(indices)
        return self.decoder(self.post_quants[basis](codes))
