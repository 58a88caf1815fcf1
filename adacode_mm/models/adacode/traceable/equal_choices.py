"""What a graph should give, whichever of two equally near codes it takes."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from adacode_mm.core.exceptions import InputError
from adacode_mm.models.family import Expected
from adacode_mm.models.layers.padding import pad_image, padded_forward

# Two codes are equally near if their squared distances differ by less than
# this share of the summands, whose rounding decides then.
TIE = 1e-5


def expected_outputs(
    net: nn.Module, image: Tensor, padding: str, found: Mapping[str, Tensor]
) -> Expected:
    """What `TraceableNet` gives for an image, with the codes of `found`.

    Args:
        net: A `CodebookNet`.
        image: (B, 3, H, W) in [0, 1].
        padding: Rule of the padding.
        found: What a graph gave.

    Raises:
        InputError: If one of its codes is not the nearest.
    """
    out = padded_forward(net, image, padding)
    chosen = [found[f'indices{k}'] for k in range(len(out.quantized))]
    ties = _ties(net, out, chosen, tuple(image.shape))
    restored = out.image
    if ties:
        restored = _restored_from(net, image, padding, chosen)
    outputs = {'image': restored}
    if out.weight is not None:
        outputs['weight'] = out.weight
    return Expected(outputs, ties, sum(each.numel() for each in chosen))


def _ties(net, out, chosen, shape):
    """How many codes differ, if none is farther away than PyTorch's."""
    count = 0
    for k, (quantizer, z) in enumerate(
        zip(net.quantizers, out.pre_quant, strict=True)
    ):
        own, other = out.quantized[k].indices, chosen[k]
        if own.shape != other.shape:
            raise InputError(
                f'The graph gives {tuple(other.shape)} indices of codebook '
                f'{k} for an input of shape {shape}, PyTorch gives '
                f'{tuple(own.shape)}: nothing was written.'
            )
        codes = [quantizer.lookup(each).double() for each in (own, other)]
        near, far = ((z.double() - each).square().sum(1) for each in codes)
        size = z.double().square().sum(1) + codes[0].square().sum(1)
        wrong = ((far - near) > TIE * size).sum().item()
        if wrong:
            raise InputError(
                f'The graph chooses {wrong} of {own.numel()} codes of '
                f'codebook {k} that are not the nearest, for an input of '
                f'shape {shape}: nothing was written.'
            )
        count += (own != other).sum().item()
    return count


def _restored_from(net, image, padding, indices):
    h, w = image.shape[-2:]
    feat, *skips = net.encoder(pad_image(net, image, padding))
    basis = [
        conv(quantizer.lookup(each))
        for conv, quantizer, each in zip(
            net.post_quants, net.quantizers, indices, strict=True
        )
    ]
    mixed = basis[0]
    if net.weight_predictor is not None:
        weight = net.weight_predictor(feat)
        mixed = (weight[:, :, None] * torch.stack(basis, 1)).sum(1)
    restored = net.decoder(mixed, skips)
    return restored[..., : h * net.scale, : w * net.scale]
