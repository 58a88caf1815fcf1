"""What VAR knows about the clean image, given a degraded one.

VarFormer (Wang and Zhao, CVPR 2025): the prior branch, which is all of stage
1 and one of three parts of stage 2.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from adacode_mm.models.layers.init_module import InitModule
from adacode_mm.models.quantizers.multi_scale_quantizer import flat_indices
from adacode_mm.models.structures import CodebookOutput, Quantized
from adacode_mm.registry import MODELS

from .adapter import Adapter
from .cross_attention import CrossAttention, check_layout
from .decode_scales import Decoded, decode_scales


class Prior(NamedTuple):
    """Prior of degraded images.

    Attributes:
        features: Features of the frozen encoder, one per level.
        quantized: The adapted latent at each scale, as `MultiScaleQuantizer`
            gives it.
        decoded: What VAR predicts.
    """

    features: list[Tensor]
    quantized: list[Quantized]
    decoded: Decoded


class VarFormerOutput(NamedTuple):
    """What `VARPrior` and `VarFormerNet` return.

    Attributes:
        image: Restored image (B, 3, H, W), nominal range [0, 1], not clipped.
        prior: What led there.
    """

    image: Tensor
    prior: Prior

    @property
    def quantized(self) -> list[Quantized]:
        """As for `CodebookOutput`: of the adapted latent, one per scale."""
        return self.prior.quantized

    @property
    def logits(self) -> Tensor:
        """VAR's logits (B, L, N), after guidance."""
        return self.prior.decoded.logits


@MODELS.register_module()
class VARPrior(InitModule):
    """Tokenizer, adapter, and a VAR that looks at the image.

    VAR goes through the scales on its own choices, without a label. Behind
    each of its first blocks, queries of the image's own tokens replace its
    tokens by what they find there.

    Args:
        vqvae: Config of the tokenizer, `MultiScaleVQVAE` or alike.
        var: Config of the transformer, `VAR` or alike; codes and scales are
            those of the tokenizer.
        num_cross_attentions: Blocks of VAR that are followed by
            cross-attention: all of them in stage 1, 8 of 16 in the released
            network.
        cross_heads: Heads of the cross-attention.
        num_adapter_blocks: Blocks of the adapter.
        layout: As for `CrossAttention`; may be changed later.
        teacher_forcing: Whether VAR goes through the scales on the true
            choices, where they are given, instead of its own. The release
            trains on its own in both stages.
        guidance: Strength of the guidance; without effect, and not computed,
            in the layout `fixed`.
        init_cfg: Initialisation, as in MMEngine.

    Raises:
        ConfigError: If `layout` has another value.

    Attributes:
        scale: Ratio of output to input size.
        image_size: The only side that the network takes.
    """

    scale = 1

    def __init__(
        self,
        vqvae: dict,
        var: dict,
        num_cross_attentions: int,
        cross_heads: int = 16,
        num_adapter_blocks: int = 4,
        layout: str = 'official',
        teacher_forcing: bool = False,
        guidance: float = 0.5,
        init_cfg: dict | list[dict] | None = None,
    ):
        super().__init__(init_cfg)
        self.vqvae = MODELS.build(vqvae)
        quantizer = self.vqvae.quantizer
        codes = {
            'num_embeddings': quantizer.num_embeddings,
            'embedding_dim': quantizer.embedding_dim,
            'scales': quantizer.scales,
        }
        self.var = MODELS.build({**var, **codes})
        self.adapter = Adapter(quantizer.embedding_dim, num_adapter_blocks)
        width = self.var.pos_start.shape[2]
        self.cross_attentions = nn.ModuleList(
            CrossAttention(width, cross_heads)
            for _ in range(num_cross_attentions)
        )
        self.layout = check_layout(layout)
        self.teacher_forcing = teacher_forcing
        self.guidance = guidance
        self.image_size = self.vqvae.image_size

    @property
    def size_multiple(self) -> int:
        return self.image_size

    def forward(
        self, image: Tensor, truth: CodebookOutput | None = None
    ) -> VarFormerOutput:
        """Predict the clean image from one (B, 3, H, W) in [0, 1].

        Args:
            image: H and W are `image_size`.
            truth: What the tokenizer gives for the clean image, for
                `teacher_forcing`.

        Returns:
            VAR's own image, and the prior.

        Raises:
            InputError: If the image has another size.
        """
        prior = self.predict(2 * image - 1, truth)
        picture = self.vqvae.decode(prior.decoded.codes)
        return VarFormerOutput((picture + 1) / 2, prior)

    def predict(
        self, image: Tensor, truth: CodebookOutput | None = None
    ) -> Prior:
        """Prior of images (B, 3, H, W) in [-1, 1]; arguments as `forward`."""
        latent, features = self.vqvae.encode(image)
        quantizer = self.vqvae.quantizer
        quantized = quantizer(self.adapter(latent))
        forced = None
        if self.teacher_forcing and truth is not None:
            forced = flat_indices(truth.quantized)
        decoded = self._decode(quantizer.all_tokens(quantized), forced)
        return Prior(features, quantized, decoded)

    def _decode(self, tokens, forced):
        var = self.var
        label = torch.tensor([var.num_classes], device=tokens.device)
        condition = var.condition(label)
        # Scale 0 has no tokens of the image.
        queries = [var.start_token(condition).expand(len(tokens), -1, -1)]
        sizes = [scale**2 for scale in var.scales[1:]]
        for k, part in enumerate(tokens.split(sizes, 1), 1):
            queries.append(var.embed(part, k))

        def look_at_image(block, k, x):
            if block < len(self.cross_attentions):
                x = self.cross_attentions[block](queries[k], x, self.layout)
            return x

        return decode_scales(
            var,
            self.vqvae.quantizer,
            condition,
            len(tokens),
            None if self.layout == 'fixed' else self.guidance,
            look_at_image,
            forced,
        )
