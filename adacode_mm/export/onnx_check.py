"""Does an ONNX file compute what the network computes?"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from adacode_mm.core.exceptions import InputError
from adacode_mm.models.adacode.codebook_net import CodebookNet
from adacode_mm.models.layers.padding import pad_image, padded_forward

from .needs_package import needs_package
from .onnx_graph import INPUT

# 2-norm of the difference over that of PyTorch's result.
TOLERANCE = 1e-4
# Two codes are equally near if their squared distances differ by less than
# this share of the summands, whose rounding decides then.
TIE = 1e-5


class Comparison(NamedTuple):
    """What was found for one input.

    Attributes:
        shape: Of the input (B, 3, H, W).
        error: Relative error of the image.
        ties: Code indices that differ, all between equally near codes.
        indices: Number of all code indices.
    """

    shape: tuple[int, ...]
    error: float
    ties: int
    indices: int


def compare_onnx(
    content: bytes,
    net: CodebookNet,
    images: Iterable[Tensor],
    padding: str = 'released',
) -> list[Comparison]:
    """Run a graph in onnxruntime, and the network, on the same images.

    Where two codes are equally near up to rounding, either may be chosen:
    the image is then compared with PyTorch's for the graph's choice.

    Args:
        content: Of the ONNX file.
        net: What it was exported from, on the CPU, in float32.
        images: Inputs (B, 3, H, W) in [0, 1].
        padding: Rule of the padding inside of the graph.

    Returns:
        One comparison for each image.

    Raises:
        InputError: If onnxruntime is missing or cannot run the graph, or if
            a size, an index or the image differs.
    """
    onnxruntime = needs_package('onnxruntime')
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors only; they are raised, too
    # As many threads as PyTorch has been told to use.
    options.intra_op_num_threads = torch.get_num_threads()
    try:
        session = onnxruntime.InferenceSession(
            content, options, providers=['CPUExecutionProvider']
        )
    except Exception as error:  # onnxruntime has a dozen classes
        raise InputError(
            f'onnxruntime {onnxruntime.__version__} cannot load the exported '
            f'graph: {_line(error)}; try another --opset or a newer '
            f'onnxruntime.'
        ) from error
    return [_compare(session, net, image, padding) for image in images]


def check_images(multiple: int) -> list[Tensor]:
    """Images of sizes that a graph with sizes as constants would fail on.

    They are smooth with some noise, (B, 3, H, W) in [0, 1]: from half of
    `multiple` to more than twice as much, no squares, one batch of two.
    """
    m = multiple
    generator = torch.Generator().manual_seed(0)
    images = []
    for batch, h, w in ((1, m // 2, m // 2 + 1), (1, m - 1, 2 * m + 1)):
        images.append(_smooth(batch, h, w, generator))
    return [*images, _smooth(2, m, m + m // 2 + 1, generator)]


def _smooth(batch, h, w, generator):
    coarse = torch.rand(batch, 3, 4, 4, generator=generator)
    image = torch.nn.functional.interpolate(coarse, (h, w), mode='bilinear')
    noise = torch.rand(image.shape, generator=generator)
    return 0.8 * image + 0.2 * noise


@torch.no_grad()
def _compare(session, net, image, padding):
    out = padded_forward(net, image, padding)
    names = [output.name for output in session.get_outputs()]
    shape = tuple(image.shape)
    try:
        found = dict(
            zip(
                names,
                session.run(names, {INPUT: image.numpy()}),
                strict=True,
            )
        )
    except Exception as error:
        raise InputError(
            f'onnxruntime fails on an input of shape {shape}, which PyTorch '
            f'restores: {_line(error)}.'
        ) from error
    chosen = [
        torch.from_numpy(found[f'indices{k}'])
        for k in range(len(out.quantized))
    ]
    ties = _ties(net, out, chosen, shape)
    expected = out.image
    if ties:
        expected = _restored_from(net, image, padding, chosen)
    error = _error(found['image'], expected, 'image', shape)
    if out.weight is not None:
        _error(found['weight'], out.weight, 'weight map', shape)
    return Comparison(shape, error, ties, sum(c.numel() for c in chosen))


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


def _error(found, expected, name, shape):
    expected = expected.numpy()
    if found.shape != expected.shape:
        raise InputError(
            f'The graph gives a {name} of shape {found.shape} for an input '
            f'of shape {shape}, PyTorch one of shape {expected.shape}: '
            f'nothing was written.'
        )
    error = np.linalg.norm(found - expected) / np.linalg.norm(expected)
    # Not `error > ...`, which a nan would pass.
    if not error <= TOLERANCE:
        raise InputError(
            f'The {name} of the graph differs from PyTorch by a relative '
            f'error of {error:.2g} for an input of shape {shape}, at most '
            f'{TOLERANCE:g} is allowed: nothing was written.'
        )
    return float(error)


def _line(error):
    return ' '.join(str(error).split())[-300:]
