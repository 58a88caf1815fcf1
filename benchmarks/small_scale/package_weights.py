"""Put trained networks into the package, in half precision.

Takes the work directories of stage III (their best checkpoint, averaged
weights first) or files, and writes adacode-tiny-{x4,x2,inpaint}.safetensors
with their hashes to adacode_mm/weights. Networks of other tasks stay as they
are. Nothing is written unless every network restores a photograph as before.
"""

import argparse
import hashlib
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import adacode_mm  # noqa: F401  # isort: skip  # adapts MMagic: comes first
import cv2
import numpy as np
import torch
from torch import nn

from adacode_mm.checkpoints.model_file import open_model, save_model
from adacode_mm.checkpoints.model_info import ModelInfo
from adacode_mm.core.atomic_files import write_atomically
from adacode_mm.core.exceptions import InputError
from adacode_mm.data.transforms.bicubic_downsample import BicubicDownsample
from adacode_mm.data.transforms.brush_stroke_mask import brush_stroke_mask
from adacode_mm.restoring.restorer import Restorer

ROOT = Path(__file__).resolve().parents[2]
WEIGHTS = ROOT / 'adacode_mm' / 'weights'
PHOTO = ROOT / 'tests' / 'data' / 'photos' / 'astronaut_256.png'
NAMES = {
    ('sr', 4): 'adacode-tiny-x4',
    ('sr', 2): 'adacode-tiny-x2',
    ('inpaint', 1): 'adacode-tiny-inpaint',
}
LARGEST_SUM = 20_000_000  # bytes of all files together
LEAST_PSNR = 55  # dB between what both precisions restore
MASK_SEED = 0


class Comparison(NamedTuple):
    """PSNR in dB of a photograph restored by a network and by its file.

    Attributes:
        between: Of the two.
        before: Of what the network restores, to the original.
        after: Of what its file restores, to the original.
    """

    between: float
    before: float
    after: float


def main(argv: Sequence[str] | None = None) -> None:
    """Package the networks that the arguments name."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        'checkpoints', nargs='+', metavar='CHECKPOINT', help='file or work dir'
    )
    parser.add_argument(
        '--out', type=Path, default=WEIGHTS, help='default: the package'
    )
    parser.add_argument(
        '--least-psnr',
        type=float,
        default=LEAST_PSNR,
        metavar='DB',
        help='refuse a file whose photograph differs more from that of its '
        'network (default: %(default)s); where two codes are almost equally '
        'near, half precision may take the other one, with as good a result',
    )
    args = parser.parse_args(argv)
    networks = open_all(args.checkpoints)
    args.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=args.out, prefix='.new-') as folder:
        new = {}
        for name, (net, info) in networks.items():
            new[name] = Path(folder) / f'{name}.safetensors'
            info = info._replace(codebooks=codebooks_of(net))
            save_model(net, info, new[name], torch.float16)
            found = compare(net, new[name], info)
            size = new[name].stat().st_size
            print(
                f'{name}: {size:,} bytes, {found.between:.1f} dB between the '
                f'photographs of both precisions; to the original '
                f'{found.before:.3f} dB before, {found.after:.3f} dB now',
                flush=True,
            )
            check_psnr(name, found.between, args.least_psnr)
        check_sum(args.out, new)
        for name, path in new.items():
            path.replace(args.out / f'{name}.safetensors')
    write_hashes(args.out)
    print(f'written: {args.out}')


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
        if name is None or info.architecture != 'AdaCode':
            raise InputError(
                f'Expected an AdaCode network of stage III (SR x4, SR x2 or '
                f'inpainting), but {path} is {info.architecture}, '
                f'{info.task}, x{info.scale}: name the work directory of '
                f'another training.'
            )
        if name in networks:
            raise InputError(
                f'Expected one network for {name}, but {path} is a second '
                f'one: leave one of them out.'
            )
        networks[name] = net, info
    return networks


def codebooks_of(net: nn.Module) -> tuple[str, ...]:
    """Names: groups of patches, not the classes of the paper."""
    return tuple(f'group {k}' for k in range(len(net.quantizers)))


def compare(net: nn.Module, path: Path, info: ModelInfo) -> Comparison:
    """Restore a photograph with a network and with its file."""
    photo = cv2.imread(str(PHOTO))[..., ::-1]
    photo = np.ascontiguousarray(photo)
    original, mask, options = photo / np.float64(255), None, {}
    if info.task == 'inpaint':
        rng = np.random.RandomState(MASK_SEED)
        mask = brush_stroke_mask(photo.shape, brush_width=(6, 40), rng=rng)
        mask = mask[..., 0] > 0
        options['composite'] = False  # known pixels would be equal
    else:
        shrink = BicubicDownsample(scale=info.scale)
        photo = shrink({'gt': photo})['img']
    image = photo.astype(np.float32) / 255
    before = Restorer(net, info, device='cpu', **options)(image, mask)
    after = Restorer.from_pretrained(path, device='cpu', **options)
    after = after(image, mask)
    return Comparison(
        _psnr(before, after), _psnr(before, original), _psnr(after, original)
    )


def _psnr(a, b):
    difference = a.astype(np.float64) - b
    return float(-10 * np.log10(max(np.mean(difference**2), 1e-20)))


def check_psnr(name: str, psnr: float, least: float) -> None:
    """Refuse weights that half precision has changed.

    Raises:
        InputError: If the photographs differ too much.
    """
    if not psnr > least:  # so that NaN is refused, too
        raise InputError(
            f'Expected {name} in half precision to restore a photograph as '
            f'before, more than {least:g} dB, got {psnr:.1f} dB: nothing was '
            f'written; if the distances to the original are the same, lower '
            f'--least-psnr.'
        )


def check_sum(folder: Path, new: dict[str, Path]) -> None:
    """Refuse files that are too large together.

    Raises:
        InputError: If they are, with those that stay in the folder.
    """
    files = {path.name: path for path in folder.glob('*.safetensors')}
    files |= {path.name: path for path in new.values()}
    total = sum(path.stat().st_size for path in files.values())
    if total > LARGEST_SUM:
        raise InputError(
            f'Expected at most {LARGEST_SUM:,} bytes of weights, got '
            f'{total:,} in {", ".join(sorted(files))}: nothing was written; '
            f'train narrower networks.'
        )
    print(f'all together: {total:,} of {LARGEST_SUM:,} bytes')


def write_hashes(folder: Path) -> None:
    """Write `SHA256SUMS`, which `sha256sum --check` reads, too."""
    lines = [
        f'{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n'
        for path in sorted(folder.glob('*.safetensors'))
    ]
    write_atomically(folder / 'SHA256SUMS', ''.join(lines))


if __name__ == '__main__':
    try:
        main()
    except InputError as error:
        sys.exit(f'error: {error}')
