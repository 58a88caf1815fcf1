"""`adacode export`: a model as an ONNX file, checked with onnxruntime."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from adacode_mm.checkpoints.model_info import ModelInfo

SUMMARY = 'Write a model as an ONNX file for other programs.'
EXAMPLES = """examples:
  adacode export adacode-tiny-x4 -o x4.onnx
  adacode export net_g_latest.pth -o own.onnx --opset 20 --check photo.png
"""
# What callers of the graph have to do, by the network's `hole_fill`.
_HOLES = {
    'white': 'painted white (1.0) in the input',
    'harmonic': 'filled smoothly in the input, as '
    'adacode_mm.models.layers.hole_fill.harmonic_fill does',
    'marked': 'filled smoothly in the input, as '
    'adacode_mm.models.layers.hole_fill.fill_holes does, and 1 in its fourth '
    'channel',
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument(
        'model',
        metavar='MODEL',
        help='model by its name, or a file: released, converted, a checkpoint '
        'of a training or its work directory',
    )
    parser.add_argument(
        '-o',
        '--out',
        '--output',
        dest='output',
        metavar='OUT.onnx',
        required=True,
        help='file to write',
    )
    parser.add_argument(
        '--opset',
        type=int,
        default=17,
        help='version of the operators, 17 to 20 (default: %(default)s)',
    )
    parser.add_argument(
        '--precision',
        choices=('float32', 'float16'),
        default='float32',
        help='how weights are stored; numbers are float32 at run time in '
        'both cases (default: %(default)s)',
    )
    parser.add_argument(
        '--padding',
        choices=('released', 'minimal'),
        default='released',
        help='how the graph pads the border: as published, or as little as '
        'the network needs (default: %(default)s)',
    )
    parser.add_argument(
        '--size',
        type=int,
        metavar='N',
        help='height and width of the graph of a network that can be '
        'exported for one size only (default: 64, or what it needs)',
    )
    parser.add_argument(
        '--check',
        metavar='IMAGE',
        action='append',
        default=[],
        help='compare with PyTorch on this image, too; can be repeated',
    )
    parser.add_argument(
        '--overwrite',
        action='store_true',
        help='replace the file if it is there',
    )


def run(args: argparse.Namespace) -> int:
    """Export; return the exit code."""
    # Here, since they import PyTorch and MMagic.
    from adacode_mm.checkpoints.model_file import open_model
    from adacode_mm.export.onnx_file import checked_target, export_onnx

    # Before a download, which may be long.
    output = checked_target(args.output, args.overwrite)
    images = [_read(path) for path in args.check]
    net, info = open_model(args.model)
    print(f'{args.model}: {info.architecture}, {info.task}, x{info.scale}')
    if info.origin:
        print(info.origin)
    found = export_onnx(
        net,
        output,
        padding=args.padding,
        opset=args.opset,
        precision=args.precision,
        images=images,
        metadata=about(info),
        side=args.size,
        overwrite=args.overwrite,
        say=lambda line: print(line, flush=True),
    )
    for each in found:
        size = 'x'.join(str(side) for side in each.shape)
        same = each.indices - each.ties
        line = f'  {size}: relative error {each.error:.1e}'
        if each.indices:
            line += f', {same} of {each.indices} codes equal'
        print(line + (', the others equally near' if each.ties else ''))
    megabytes = Path(output).stat().st_size / 1e6
    print(f'written: {output}, {megabytes:.1f} MB, opset {args.opset}')
    return 0


def about(info: 'ModelInfo') -> dict[str, str]:
    """What the file says about the model besides what its graph shows."""
    said = {'architecture': info.architecture, 'task': info.task}
    if info.task == 'inpaint':
        said['holes'] = _HOLES[info.config.get('hole_fill', 'white')]
    return said


def _read(path):
    import torch

    from adacode_mm.core.exceptions import InputError
    from adacode_mm.images.read_picture import read_picture

    try:
        pixels = read_picture(path).pixels
    except InputError as error:
        raise InputError(f'{path}: {error}') from error
    pixels = torch.from_numpy(pixels)
    return pixels.permute(2, 0, 1)[None].contiguous()
