"""A codebook network, one layer after the other over strips of rows.

Convolutions see a few rows beyond their strip, normalisation needs the whole
map once: every pass below ends where the next normalisation wants statistics.
What lies on the latent grid, attention and codebooks, is computed as a whole.
"""

from collections.abc import Callable

from torch import Tensor, nn

from adacode_mm.models.backbones.fidelity_decoder import FidelityDecoder
from adacode_mm.models.structures import CodebookOutput

from .held_map import HeldMap
from .layer_calls import hear_layers
from .passes import Passes, Plan
from .rows import (
    ConvRows,
    DecodedRows,
    NormActRows,
    Rows,
    SumRows,
    UnshuffledRows,
    UpsampledConvRows,
)

Executor = Plan | Passes


def encode(net, image: Rows, executor: Executor) -> HeldMap:
    """The convolutions of the encoder, down to the latent grid."""
    encoder = net.encoder
    message = 'encoding'
    if encoder.patch > 1:
        image = UnshuffledRows(image, encoder.patch)
    x = ConvRows(image, encoder.in_conv, _out_channels(encoder.in_conv), 4)
    for down in encoder.downs:
        channels = _out_channels(down.res1.norm1)
        conv = ConvRows(x, down.conv, channels, stride=2)
        held = executor.hold(conv, message)
        executor.free(x)
        x = _res_blocks(down, held, executor, message, hold_last=True)
    return x if isinstance(x, HeldMap) else executor.hold(x, message)


def latent_cost(net, pixels: int) -> float:
    """Multiply-accumulates of attention and codebooks, roughly."""
    parts = [net.encoder.in_conv, *net.encoder.downs, *net.encoder.ups]
    parts.append(net.decoder)
    elsewhere = sum(_size(part) for part in parts)
    return (_size(net) - elsewhere) * pixels


def mix(net, latent: HeldMap, executor: Executor) -> CodebookOutput:
    """What happens on the latent grid; keeps only what is small.

    Gives the memory of `latent` free.
    """
    feat = latent.rows(0, latent.height)
    executor.free(latent)
    message = 'codebooks'
    rest = latent_cost(net, latent.height * latent.width)

    def tell(cost):
        nonlocal rest
        cost = min(cost, rest)
        rest -= cost
        executor.skip(cost, message)

    layers = _without_convolutions(net) if executor.tells else ()
    with hear_layers(layers, tell):
        if net.encoder.swin is not None:
            feat = net.encoder.swin(feat)
        if net.encoder.out_norm is not None:
            feat = net.encoder.out_norm(feat)
        out = net.mix(feat)
    executor.skip(rest, message)
    quantized = [q._replace(st=None, codes=None) for q in out.quantized]
    return out._replace(
        feat=feat, pre_quant=[], quantized=quantized, semantic=None
    )


def decode(
    net,
    feat: Rows,
    mixed: Rows,
    executor: Executor,
    take: Callable[[int, Tensor], None] | None = None,
    image: Rows | None = None,
    fidelity: float | None = None,
) -> None:
    """Skip features and decoder: from the latent grid to the image.

    Args:
        net: The network.
        feat: The encoder's feature, what skip features are made of.
        mixed: What the decoder receives.
        executor: Carries the passes out.
        take: Called with each strip of the image and its first row.
        image: The padded input image, which some decoders look at.
        fidelity: As for `CodebookNet.forward`.
    """
    if isinstance(net.decoder, FidelityDecoder):
        restored = DecodedRows(net.decoder, mixed, image, fidelity)
        executor.emit(restored, 'decoding', take)
        return
    blocks = net.decoder.blocks
    skips = []
    for up in net.encoder.ups[: max(len(blocks) - 1, 0)]:
        source = skips[-1] if skips else feat
        skips.append(_up_block(up, source, executor, 'skip features'))
    x = mixed
    for i, block in enumerate(blocks):
        terms = [x]
        if 0 < i <= len(skips):
            terms.append(skips[i - 1])
            x = SumRows(*terms)
        is_last = i == len(blocks) - 1
        x = _up_block(block, x, executor, 'decoding', not is_last, terms)
    conv = net.decoder.out_conv
    executor.emit(ConvRows(x, conv, _out_channels(conv)), 'decoding', take)


def _up_block(block, source, executor, message, hold_last=True, used=()):
    channels = _out_channels(block.res1.norm1)
    held = executor.hold(UpsampledConvRows(source, block, channels), message)
    executor.free(*used)
    return _res_blocks(block, held, executor, message, hold_last)


def _without_convolutions(net):
    """All modules but those of encoder and decoder that work in strips."""
    encoder = net.encoder
    modules = set(net.modules())
    for part in (encoder.in_conv, encoder.downs, encoder.ups, net.decoder):
        modules -= set(part.modules())
    return modules


def _res_blocks(block, held, executor, message, hold_last):
    """Both residual blocks, in place; the second one's sum on demand."""
    for res in (block.res1, block.res2):
        inner = ConvRows(
            NormActRows(held, res.norm1), res.conv1, held.channels
        )
        inner = executor.hold(inner, message)
        outer = ConvRows(
            NormActRows(inner, res.norm2), res.conv2, held.channels
        )
        total = SumRows(held, outer)
        if res is block.res2 and not hold_last:
            return total
        executor.hold(total, message, into=held)
        executor.free(inner)
    return held


def _out_channels(layer: nn.Module) -> int:
    return layer.weight.shape[0]


def _size(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters() if p.dim() > 1)
