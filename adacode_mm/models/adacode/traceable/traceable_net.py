"""A codebook network as one graph for images of any size."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from adacode_mm.core.exceptions import InputError
from adacode_mm.models.adacode.codebook_net import CodebookNet
from adacode_mm.models.backbones.fidelity_decoder import FidelityDecoder
from adacode_mm.models.backbones.multi_scale_decoder import MultiScaleDecoder
from adacode_mm.models.backbones.multi_scale_encoder import MultiScaleEncoder
from adacode_mm.models.backbones.weight_predictor import WeightPredictor
from adacode_mm.models.layers.padding import RULES
from adacode_mm.models.plain_graph import Traceable
from adacode_mm.models.quantizers.vector_quantizer import VectorQuantizer

from .traceable_norm import with_traceable_norms


class TraceableNet(Traceable):
    """What `padded_forward` does with a network, without a look at sizes.

    Padding and cropping are part of it. It shares the parameters of the
    network, which it neither changes nor copies (the projection before each
    codebook excepted, see `_CodeScores`).

    Args:
        net: A `CodebookNet` of the parts of this package.
        padding: Rule, one of `adacode_mm.models.layers.padding.RULES`.
        fidelity: As for `CodebookNet.forward`, the same for all images.

    Raises:
        InputError: If the network has other parts, there is no such rule, or
            the network takes no fidelity.
    """

    def __init__(
        self,
        net: CodebookNet,
        padding: str = 'released',
        fidelity: float | None = None,
    ):
        super().__init__()
        _check(net, padding)
        net.check_fidelity(fidelity)
        self.fidelity = fidelity
        if net.takes_fidelity and fidelity is None:
            self.fidelity = 1.0
        self.scale, self.side = net.scale, net.size_multiple
        self._cell = net.encoder.downsampling
        self.padding = padding
        encoder = net.encoder
        patches = [nn.PixelUnshuffle(encoder.patch)][: encoder.patch > 1]
        self.head = with_traceable_norms(
            nn.Sequential(*patches, encoder.in_conv, *encoder.downs)
        )
        self.swin = encoder.swin
        self.out_norm = nn.Identity()
        if encoder.out_norm is not None:
            self.out_norm = with_traceable_norms(
                nn.Sequential(encoder.out_norm)
            )
        self.ups = with_traceable_norms(encoder.ups)
        self.scores = nn.ModuleList(
            _CodeScores(conv, quantizer)
            for conv, quantizer in zip(
                net.pre_quants, net.quantizers, strict=True
            )
        )
        self.codes = nn.ModuleList(q.embedding for q in net.quantizers)
        self.post_quants = net.post_quants
        self.weights = net.weight_predictor
        self.decoder = with_traceable_norms(net.decoder)

    def axes(self) -> dict[str, tuple[str | None, ...]]:
        """See `Traceable.axes`; the names are those `forward` returns."""
        grid = ('grid_height', 'grid_width')
        axes = {'image': ('batch', None, 'out_height', 'out_width')}
        if self.weights is not None:
            axes['weight'] = ('batch', None, *grid)
        for k in range(len(self.codes)):
            axes[f'indices{k}'] = ('batch', *grid)
        return axes

    def metadata(self) -> dict[str, str]:
        """See `Traceable.metadata`."""
        sizes = (len(each.weight) for each in self.codes)
        return {
            'codebooks': ' '.join(map(str, sizes)),
            'grid': f'{self._cell} input pixels, padding included',
        }

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """Restore images (B, 3, H, W), values in [0, 1].

        Returns:
            The image (B, 3, scale * H, scale * W), not clipped; with several
            codebooks their weights (B, K, h, w); for each codebook the
            indices (B, h, w), int64. Weights and indices are those of the
            padded image.
        """
        h, w = image.shape[2], image.shape[3]
        padded = _mirrored(image, 2, self._padded(h))
        padded = _mirrored(padded, 3, self._padded(w))
        feat = self.head(padded)
        if self.swin is not None:
            feat = self.swin(feat)
        feat = self.out_norm(feat)
        skips = [feat]
        for up in self.ups:
            skips.append(up(skips[-1]))
        indices = [scores(feat) for scores in self.scores]
        basis = [
            post(F.embedding(each, codes.weight).permute(0, 3, 1, 2))
            for each, codes, post in zip(
                indices, self.codes, self.post_quants, strict=True
            )
        ]
        mixed, weight = basis[0], []
        if self.weights is not None:
            weight = [self.weights(feat)]
            mixed = sum(
                w_k * b_k
                for w_k, b_k in zip(weight[0].split(1, 1), basis, strict=True)
            )
        given = () if self.fidelity is None else (padded, self.fidelity)
        restored = self.decoder(mixed, skips[1:], *given)
        restored = restored[:, :, : h * self.scale, : w * self.scale]
        return (restored, *weight, *indices)

    def _padded(self, size):
        # `padded_size` for a size that the graph computes.
        more = 0 if self.padding == 'released' else self.side - 1
        count = (size + more) // self.side
        count = count + 1 if self.padding == 'released' else count
        return count * self.side


def _mirrored(image, axis, size):
    """`pad_symmetric` along one axis, for a size that the graph computes.

    A slice ends where the mirror image does, whatever its size.
    """
    both = torch.cat([image, image.flip(axis)], axis)
    return both[:, :, :size] if axis == 2 else both[:, :, :, :size]


class _CodeScores(nn.Module):
    """Index of the nearest code, projection and distance in one product.

    |p(z) - c|^2 = |p(z)|^2 + |c|^2 - 2 p(z) c, where the first term is the
    same for all codes, and p(z) = A z + b: what is compared is the linear
    function |c|^2 - 2 b c - 2 (A^T c) z.
    """

    def __init__(self, projection, quantizer):
        super().__init__()
        a = projection.weight.detach().double()[:, :, 0, 0]
        b = projection.bias.detach().double()
        codes = quantizer.embedding.weight.detach().double()
        score = nn.Conv2d(a.shape[1], len(codes), 1, device='meta')
        weight = (-2 * codes @ a)[:, :, None, None].to(projection.weight)
        bias = (codes.square().sum(1) - 2 * codes @ b).to(weight)
        score.weight = nn.Parameter(weight, requires_grad=False)
        score.bias = nn.Parameter(bias, requires_grad=False)
        self.score = score

    def forward(self, feat):
        return self.score(feat).argmin(1)


def _check(net, padding):
    if padding not in RULES:
        raise InputError(f'padding must be one of {RULES}, got {padding!r}.')
    decoder = getattr(net, 'decoder', None)
    known = isinstance(decoder, FidelityDecoder)
    parts = [
        (net, CodebookNet),
        (getattr(net, 'encoder', None), MultiScaleEncoder),
        (decoder, FidelityDecoder if known else MultiScaleDecoder),
        *((q, VectorQuantizer) for q in getattr(net, 'quantizers', ())),
    ]
    if getattr(net, 'weight_predictor', None) is not None:
        parts.append((net.weight_predictor, WeightPredictor))
    for part, expected in parts:
        # No subclass: it may compute something else.
        if type(part) is not expected:
            raise InputError(
                f'Only a CodebookNet of the parts of adacode_mm can be '
                f'exported, got a {type(net).__name__} with '
                f'{type(part).__name__}: export that one on its own.'
            )
