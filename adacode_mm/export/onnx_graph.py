"""A network as the bytes of an ONNX file."""

import io
import warnings

import numpy as np
import torch
from torch import nn

from adacode_mm.core.exceptions import InputError
from adacode_mm.models.family import family_of
from adacode_mm.models.plain_graph import Traceable
from adacode_mm.version import __version__

from .needs_package import needs_package

# LayerNormalization came with 17; PyTorch's tracing exporter ends at 20.
OPSETS = (17, 18, 19, 20)
INPUT = 'input'
FIXED = 'fixed_size'


def onnx_graph(
    net: nn.Module,
    padding: str = 'released',
    opset: int = OPSETS[0],
    half_weights: bool = False,
    metadata: dict[str, str] | None = None,
    side: int | None = None,
) -> bytes:
    """Export a network with its padding, for any batch, height and width.

    The input `input` is RGB (B, 3, H, W), float32 in [0, 1]. The outputs are
    `image` (B, 3, scale * H, scale * W), not clipped; of a codebook network
    with several codebooks `weight` (B, K, h, w); and `indices0`, `indices1`,
    ... (B, h, w), int64; the latter ones on the grid of the padded image.

    A network whose layers look at the size of the image makes a graph for
    one image of one size, which the entry `fixed_size` of the file states.

    Args:
        net: On the CPU, in float32; neither changed nor copied.
        padding: Rule of the padding that the graph makes, 'released' or
            'minimal'.
        opset: One of `OPSETS`.
        half_weights: Store as float16 what is not changed by it, and compute
            in float32 all the same. The network given should have weights
            rounded to half precision.
        metadata: Entries of the file besides those of `_metadata`.
        side: Height and width of a graph for one size; None takes one that
            suits the network.

    Returns:
        Content of the file; what it says about itself stands in its
        `metadata_props`.

    Raises:
        InputError: If the package onnx is missing, or the network or an
            argument cannot be used.
    """
    onnx = needs_package('onnx')
    if opset not in OPSETS:
        raise InputError(
            f'opset must be one of {OPSETS}, got {opset}: choose one that '
            f'your runtime knows.'
        )
    traceable = family_of(net).traceable(net, padding)
    content = _traced_for_any_size(net, traceable, opset, side)
    model = onnx.load_from_string(content)
    if half_weights:
        _halve(onnx, model.graph)
    entries = _metadata(net, padding, traceable) | (metadata or {})
    onnx.helper.set_model_props(
        model, {name: str(value) for name, value in entries.items()}
    )
    model.producer_name, model.producer_version = 'adacode_mm', __version__
    onnx.checker.check_model(model)
    return model.SerializeToString()


def _traced_for_any_size(net, traceable, opset, side):
    if traceable.any_size:
        try:
            return _traced(traceable, opset)
        except (torch.jit.TracerWarning, SystemError):
            traceable.any_size = False  # a size went into the graph
    if side is not None:
        traceable.side = family_of(net).traits(net).size.fitted(side)
    return _traced(traceable, opset)


def _traced(traceable: Traceable, opset):
    names, axes, side = list(traceable.axes()), {}, traceable.side
    shape = (1, 3, side, side)
    if traceable.any_size:
        axes = {n: _named(*each) for n, each in traceable.axes().items()}
        axes[INPUT] = _named('batch', None, 'height', 'width')
        # Any size serves, as a size that went into the graph as a number is
        # an error, not a warning.
        shape = (1, 3, side + 3, side + 5)
    generator = torch.Generator().manual_seed(0)
    example = torch.rand(shape, generator=generator)
    content = io.BytesIO()
    with warnings.catch_warnings(), torch.no_grad():
        # The newer exporter cannot follow the sizes: it fails at the padding.
        warnings.filterwarnings('ignore', category=DeprecationWarning)
        tracer = torch.jit.TracerWarning
        action = 'error' if traceable.any_size else 'ignore'
        warnings.filterwarnings(action, category=tracer)
        # PyTorch's own functions look at sizes to refuse wrong ones.
        warnings.filterwarnings('ignore', category=tracer, module=r'torch\.')
        torch.onnx.export(
            traceable,
            (example,),
            content,
            input_names=[INPUT],
            output_names=names,
            dynamic_axes=axes,
            opset_version=opset,
            dynamo=False,
        )
    return content.getvalue()


def _named(*axes):
    return {n: name for n, name in enumerate(axes) if name}


def _metadata(net, padding, traceable):
    traits = family_of(net).traits(net)
    entries = {
        'version': __version__,
        'scale': traits.scale,
        'size_multiple': traits.size.multiple,
        'padding': padding,
        'padding_inside': 'yes',
        'channel_order': 'RGB',
        'input_range': '0..1',
        'output_range': '0..1 nominal, not clipped',
        **traceable.metadata(),
    }
    if not traceable.any_size:
        entries |= {FIXED: traceable.side, 'padding_inside': 'no'}
    return entries


def _halve(onnx, graph):
    """Large weights as float16, each with a cast in front of the graph."""
    casts = []
    for tensor in graph.initializer:
        if tensor.data_type != onnx.TensorProto.FLOAT:
            continue
        value = onnx.numpy_helper.to_array(tensor)
        with np.errstate(over='ignore'):
            half = value.astype(np.float16)
        if value.size < 64 or not np.array_equal(half, value):
            continue
        name = tensor.name
        tensor.CopyFrom(onnx.numpy_helper.from_array(half, f'{name}_half'))
        casts.append(
            onnx.helper.make_node(
                'Cast', [tensor.name], [name], to=onnx.TensorProto.FLOAT
            )
        )
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
