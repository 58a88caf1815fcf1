"""Export, check and write an ONNX file."""

import copy
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from torch import Tensor, nn

from adacode_mm.core.atomic_files import write_atomically
from adacode_mm.core.exceptions import InputError, OutputError
from adacode_mm.models.family import family_of

from .needs_package import needs_package
from .onnx_check import Comparison, check_images, compare_onnx
from .onnx_graph import FIXED, OPSETS, onnx_graph

PRECISIONS = ('float32', 'float16')


def export_onnx(
    net: nn.Module,
    path: str | Path,
    *,
    padding: str = 'released',
    opset: int = OPSETS[0],
    precision: str = 'float32',
    images: Sequence[Tensor] = (),
    metadata: Mapping[str, str] | None = None,
    side: int | None = None,
    overwrite: bool = False,
    say: Callable[[str], None] = lambda line: None,
) -> list[Comparison]:
    """Write a network as an ONNX file, after onnxruntime has agreed with it.

    Inputs, outputs and metadata are those of `onnx_graph`.

    Args:
        net: On the CPU, in float32; it is left as it was.
        path: File to write, its name ending in .onnx.
        padding: Rule of the padding inside of the graph.
        opset: One of `onnx_graph.OPSETS`.
        precision: 'float16' stores the weights rounded to half precision,
            half as large a file; numbers are float32 at run time. It is
            checked against the network with such weights.
        images: To compare on, (B, 3, H, W) in [0, 1], besides those of
            `check_images`.
        metadata: More entries for the file, such as its task.
        side: As of `onnx_graph`.
        overwrite: Replace a file that is there.
        say: Called with a line before each step.

    Returns:
        The comparisons of onnxruntime with PyTorch.

    Raises:
        InputError: If a package is missing, an argument cannot be used, or
            onnxruntime and PyTorch differ: nothing is written.
        OutputError: If the file cannot be written.
    """
    path = checked_target(path, overwrite)
    _check_precision(precision)
    half = precision == 'float16'
    if half:
        net = copy.deepcopy(net).half().float()
    say(f'exporting with opset {opset}')
    entries = {**(metadata or {}), 'precision': precision}
    content = onnx_graph(net, padding, opset, half, entries, side)
    fixed = stored_metadata(content).get(FIXED)
    if fixed is not None:
        say(
            f'the layers of this network look at the size of the image: the '
            f'graph is for single images of {fixed}x{fixed} pixels'
        )
    say('comparing onnxruntime with PyTorch')
    size = family_of(net).traits(net).size
    multiple = max(size.fitted(16), 2 * size.least, 2 * size.smallest)
    if fixed is None:
        images = [*check_images(multiple), *images]
    else:
        images = [check_images(int(fixed))[-1][:1, :, :, : int(fixed)]]
    found = compare_onnx(content, net, images, padding)
    write_atomically(path, content)
    return found


def stored_metadata(content: bytes) -> dict[str, str]:
    """Entries that an ONNX file has about itself."""
    model = needs_package('onnx').load_from_string(content)
    return {entry.key: entry.value for entry in model.metadata_props}


def checked_target(path: str | Path, overwrite: bool = False) -> Path:
    """Path of an ONNX file that can be written and packages that are needed.

    Args:
        path: File to write.
        overwrite: Whether it may be there already.

    Raises:
        InputError: If it may not be written, or onnx or onnxruntime is
            missing.
        OutputError: If its folder does not exist.
    """
    path = Path(path)
    for package in ('onnx', 'onnxruntime'):
        needs_package(package)
    if path.suffix.lower() != '.onnx':
        raise InputError(
            f'The name of an ONNX file must end in .onnx, got {path}.'
        )
    if path.is_dir() or (path.exists() and not overwrite):
        raise InputError(
            f'{path} is there already: choose another name, or --overwrite '
            f'if it is a file that you do not need.'
        )
    if not path.parent.is_dir():
        raise OutputError(
            f'The folder {path.parent} of the file to write does not exist: '
            f'make it first.'
        )
    return path


def _check_precision(precision):
    if precision not in PRECISIONS:
        raise InputError(
            f'precision must be one of {PRECISIONS}, got {precision!r}.'
        )
