"""Does an ONNX file compute what the network computes?"""

from collections.abc import Iterable
from typing import NamedTuple

import torch
from torch import Tensor, nn

from adacode_mm.core.exceptions import InputError
from adacode_mm.models.family import family_of

from .needs_package import needs_package
from .onnx_graph import INPUT

# 2-norm of the difference over that of PyTorch's result.
TOLERANCE = 1e-4


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
    net: nn.Module,
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
    found = {name: torch.from_numpy(each) for name, each in found.items()}
    expected = family_of(net).expected(net, image, padding, found)
    errors = {
        name: _error(found[name], value, name, shape)
        for name, value in expected.outputs.items()
    }
    return Comparison(shape, errors['image'], expected.ties, expected.codes)


def _error(found, expected, name, shape):
    if found.shape != expected.shape:
        raise InputError(
            f'The graph gives a {name} of shape {tuple(found.shape)} for an '
            f'input of shape {shape}, PyTorch one of shape '
            f'{tuple(expected.shape)}: nothing was written.'
        )
    error = (found - expected).norm() / expected.norm()
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
