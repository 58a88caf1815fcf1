"""Put trained networks into the package, in half precision.

Takes the work directories of stage III (their best checkpoint, averaged
weights first) or files, and writes adacode-tiny-{x4,x2,inpaint}.safetensors
with their hashes to adacode_mm/weights. Networks of other tasks stay as they
are. Nothing is written unless every network restores a photograph as before.
"""

import argparse
import hashlib
import tempfile
from collections.abc import Sequence
from pathlib import Path

import adacode_mm  # noqa: F401  # isort: skip  # adapts MMagic: comes first
import numpy as np
import torch
from torch import nn

from adacode_mm.checkpoints.model_file import open_model, save_model
from adacode_mm.checkpoints.model_info import ModelInfo
from adacode_mm.core.atomic_files import write_atomically
from adacode_mm.core.exceptions import InputError
from adacode_mm.evaluation.eval_images import read_eval_image
from adacode_mm.restoring.restorer import Restorer
from benchmarks.records import ROOT, run_main
from benchmarks.tables.inputs import InputOptions, read_sample
from benchmarks.tables.sets import EvalImage

WEIGHTS = ROOT / 'adacode_mm/weights'
PHOTO = ROOT / 'tests/data/photos/astronaut_256.png'
NAMES = {
    ('sr', 4): 'adacode-tiny-x4',
    ('sr', 2): 'adacode-tiny-x2',
    ('inpaint', 1): 'adacode-tiny-inpaint',
}
LARGEST_SUM = 20_000_000  # bytes of all files together
LEAST_PSNR = 55  # dB between what both precisions restore


def open_all(paths: Sequence[str]) -> dict[str, tuple[nn.Module, ModelInfo]]:
    """Networks by the name that each gets in the package.

    Raises:
        InputError: If one cannot be opened, is for no task of the package, or
            two are for the same.
    """
    networks = {}
    for path in paths:
        net, info = open_model(path)
        name = NAMES.get((info.task, info.scale))
        if name is None or info.architecture != 'AdaCode' or name in networks:
            raise InputError(
                f'Expected one AdaCode network of stage III for each of SR '
                f'x4, SR x2 and inpainting, but {path} is '
                f'{info.architecture}, {info.task}, x{info.scale}.'
            )
        # Groups of patches, not the classes of the paper.
        groups = tuple(f'group {k}' for k in range(len(net.quantizers)))
        networks[name] = net, info._replace(codebooks=groups)
    return networks


def compare(
    net: nn.Module, path: Path, info: ModelInfo
) -> tuple[float, float, float]:
    """PSNR in dB of a photograph restored by a network and by its file.

    Returns:
        Between the two; of the network's, and of the file's, to the original.
    """
    source = 'strokes' if info.task == 'inpaint' else 'bicubic'
    inputs = InputOptions(info.task, info.scale, source, 0, (6, 40))
    sample = read_sample('package', EvalImage('photo', PHOTO), inputs)
    image = sample.input.astype(np.float32) / 255
    # Known pixels of a composite would be equal.
    options = {} if sample.mask is None else {'composite': False}
    before = Restorer(net, info, device='cpu', **options)
    after = Restorer.from_pretrained(path, device='cpu', **options)
    found = [each(image, sample.mask) for each in (before, after)]
    original = read_eval_image(PHOTO) / np.float64(255)
    pairs = (found, (found[0], original), (found[1], original))
    return tuple(
        float(-10 * np.log10(max(np.mean((a - b.astype(float)) ** 2), 1e-20)))
        for a, b in pairs
    )


def check_size(folder: Path, new: dict[str, Path]) -> None:
    """Refuse files that are too large, with those that stay in the folder.

    Raises:
        InputError: If they are.
    """
    files = {path.name: path for path in folder.glob('*.safetensors')}
    files |= {path.name: path for path in new.values()}
    total = sum(path.stat().st_size for path in files.values())
    if total > LARGEST_SUM:
        raise InputError(
            f'Expected at most {LARGEST_SUM:,} bytes of weights, got '
            f'{total:,}: nothing was written; train narrower networks.'
        )


def main(argv: Sequence[str] | None = None) -> None:
    """Package the networks that the arguments name."""
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add('checkpoints', nargs='+', help='files or work directories')
    add('--out', type=Path, default=WEIGHTS, help='default: the package')
    args = parser.parse_args(argv)
    networks = open_all(args.checkpoints)
    args.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=args.out, prefix='.new-') as folder:
        new = {}
        for name, (net, info) in networks.items():
            new[name] = Path(folder) / f'{name}.safetensors'
            save_model(net, info, new[name], torch.float16)
            between, before, after = compare(net, new[name], info)
            print(
                f'{name}: {between:.1f} dB between the photographs of both '
                f'precisions; to the original {before:.3f} dB before, '
                f'{after:.3f} dB now',
                flush=True,
            )
            if not between > LEAST_PSNR:  # so that NaN is refused, too
                raise InputError(
                    f'Expected {name} in half precision to restore a '
                    f'photograph as before, more than {LEAST_PSNR} dB, got '
                    f'{between:.1f} dB: nothing was written.'
                )
        check_size(args.out, new)
        for name, path in new.items():
            path.replace(args.out / f'{name}.safetensors')
    lines = [  # as `sha256sum` writes them
        f'{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n'
        for path in sorted(args.out.glob('*.safetensors'))
    ]
    write_atomically(args.out / 'SHA256SUMS', ''.join(lines))
    print(f'written: {args.out}')


if __name__ == '__main__':
    run_main(main)
