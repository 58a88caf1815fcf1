"""`adacode convert`: released or trained weights to one file that runs."""

import argparse
from pathlib import Path

from adacode_mm.core.exceptions import InputError

SUMMARY = 'Write weights, released or trained, as one file with its config.'
EXAMPLES = """examples:
  adacode convert AdaCode_SR_X4_model_g.pth
  adacode convert adacode-inpaint -o inpaint.safetensors --dtype float16
  adacode convert work_dirs/stage3_sr_x4 -o mine.pth
"""
# As in `adacode_mm.checkpoints.model_file`, which imports PyTorch.
FORMATS = {'safetensors': '.safetensors', 'pth': '.pth'}
DTYPES = ('float32', 'float16', 'bfloat16')


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument(
        'weights',
        metavar='FILE',
        help='released .pth file, name of a model, checkpoint of a training '
        'or its work directory, or a converted file',
    )
    parser.add_argument(
        '-o',
        '--output',
        metavar='OUT',
        help='file to write, .safetensors or .pth, or an existing folder for '
        'it (default: beside FILE, with the ending of the format)',
    )
    parser.add_argument(
        '--format',
        choices=FORMATS,
        help='format (default: by the ending of OUT, or else safetensors)',
    )
    parser.add_argument(
        '--dtype',
        choices=DTYPES,
        default='float32',
        help='numbers in the file; opened, they are float32 again (default: '
        '%(default)s)',
    )
    parser.add_argument(
        '--config',
        metavar='CONFIG.py',
        help='training config, for weights that come without one; it is run, '
        'so it must be yours',
    )
    parser.add_argument(
        '--overwrite', action='store_true', help='replace an existing file'
    )


def run(args: argparse.Namespace) -> int:
    """Convert, check, and say what was found."""
    # Here, since they import PyTorch and MMagic.
    import torch

    from adacode_mm.checkpoints.convert import convert_file
    from adacode_mm.checkpoints.pretrained import find_model_file

    _check_ending(args)
    source = find_model_file(args.weights)
    target = _target(args, source)
    if target.exists() and target.samefile(source):
        raise InputError(
            f'Expected another file than the one to convert, got {target} for '
            'both: name the new one with -o.'
        )
    if target.exists() and not args.overwrite:
        raise InputError(
            f'Expected to write a new file {target}, but there is one: give '
            '--overwrite to replace it, or -o to write another.'
        )
    result = convert_file(
        args.weights,
        target,
        getattr(torch, args.dtype),
        _generator_config(args.config),
    )
    for line in _report(result, source, target, args.dtype):
        print(line)
    return 0


def _check_ending(args):
    ending = Path(args.output).suffix if args.output else ''
    if not args.output or Path(args.output).is_dir():
        return
    if ending not in FORMATS.values() or (
        args.format and FORMATS[args.format] != ending
    ):
        wanted = [FORMATS[args.format]] if args.format else FORMATS.values()
        raise InputError(
            f'Expected a file that ends in {" or ".join(wanted)}, got '
            f'-o {args.output}: change its ending or --format.'
        )


def _target(args, source: Path) -> Path:
    output = Path(args.output) if args.output else None
    if output is not None and not output.is_dir():
        if not output.parent.is_dir():
            raise InputError(
                f'Expected an existing folder for {output}, but there is no '
                f'{output.parent}: make it first.'
            )
        return output
    named = Path(args.weights)
    # A published model lies in the cache, where nobody would look for it.
    folder = source.parent if named.exists() else Path()
    if named.is_dir():
        folder, stem = named.parent, named.resolve().name
    else:
        stem = source.stem if named.exists() else named.name
    ending = FORMATS[args.format or 'safetensors']
    target = (output or folder) / f'{stem}{ending}'
    if target.exists() and target.samefile(source):
        target = target.with_name(f'{stem}_converted{ending}')
    return target


def _generator_config(path):
    if path is None:
        return None
    from adacode_mm.checkpoints.training_config import generator_of

    return generator_of(path)


def _report(result, source, target, dtype):
    info = result.info
    what = [info.architecture]
    if hasattr(info, 'task'):
        what += [f'task {info.task}', f'scale {info.scale}']
    yield f'{source}: {", ".join(what)}'
    if result.codebooks:
        books = ', '.join(f'{n} x {dim}' for n, dim in result.codebooks)
        yield f'codebooks: {books}'
    yield f'parameters: {result.parameters:,} in {result.tensors} tensors'
    if result.left_out:
        yield (
            f'left out: {len(result.left_out)} computed or unused tensors, '
            f'such as {result.left_out[0]}'
        )
    height, width = result.checked_on
    yield (
        f'checked: every key fits; read back, it gives the same output for a '
        f'{height}x{width} image'
    )
    if result.change:
        yield (
            f'rounded to {dtype}: the output changes by up to '
            f'{result.change:.2e} of its largest value'
        )
    yield f'written: {target} ({result.bytes / 2**20:.1f} MiB, {dtype})'
