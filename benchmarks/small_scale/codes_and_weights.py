"""How much of an image goes through the codes, and how much by the weights.

The decoder of a network of stage II gets, for every 8x8 pixels, a code of each
codebook and a real weight for each. Here the images of a set are reconstructed
with both, with all codes replaced by their mean over the image, and with the
weights replaced by theirs: what is lost went that way.
"""

import argparse
import json
import sys
from contextlib import ExitStack
from pathlib import Path

import adacode_mm  # noqa: F401  # isort: skip  # adapts MMagic: comes first
import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from adacode_mm.checkpoints.model_file import open_model
from adacode_mm.checkpoints.pretrained import find_model_file
from adacode_mm.core.atomic_files import write_atomically
from adacode_mm.core.exceptions import InputError
from adacode_mm.evaluation.eval_images import in_color, read_eval_image
from adacode_mm.evaluation.planes import planes
from adacode_mm.models.adacode.codebook_net import CodebookNet
from adacode_mm.models.layers.padding import padded_forward
from adacode_mm.models.structures import Quantized
from benchmarks.clocks.records import run_record
from benchmarks.tables.eval_sets import find_set

RECORD = Path('benchmarks/records/codes_and_weights.json')


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        'model',
        nargs='?',
        default='work_dirs/small/stage2',
        help='file or work directory (default: %(default)s)',
    )
    parser.add_argument(
        '--set',
        default='data/eval/BSD100',
        help='folder of images (default: %(default)s)',
    )
    parser.add_argument(
        '--record', type=Path, default=RECORD, help='default: %(default)s'
    )
    args = parser.parse_args()
    folder = Path(args.set)
    images = find_set(folder.name, folder, 1).images
    net, info = open_model(find_model_file(args.model))
    if info.task != 'reconstruct' or net.weight_predictor is None:
        raise InputError(
            f'Expected a network of stage II with several codebooks, but '
            f'{args.model} is {info.architecture}, {info.task}, with '
            f'{len(net.quantizers)}: name its work directory.'
        )
    scores: dict[str, list[float]] = {'both': [], 'weights': [], 'codes': []}
    for image in tqdm(images, unit='image'):
        truth = in_color(read_eval_image(image.truth))
        rgb = torch.from_numpy(truth).permute(2, 0, 1)[None].float() / 255
        for kept, values in scores.items():
            values.append(psnr_y(reconstructed(net, rgb, kept), rgb))
    means = {kept: float(np.mean(values)) for kept, values in scores.items()}
    record = {
        **run_record(None, 0, 'cpu'),
        'command': 'python -m benchmarks.small_scale.codes_and_weights',
        'set': folder.name,
        'images': len(images),
        'psnr_bt601': {kept: round(mean, 3) for kept, mean in means.items()},
    }
    write_atomically(args.record, json.dumps(record, indent=1) + '\n')
    for kept, mean in means.items():
        print(f'kept: {kept:8} {mean:6.2f} dB')
    print(f'written: {args.record}')


@torch.no_grad()
def reconstructed(net: CodebookNet, image: Tensor, kept: str) -> Tensor:
    """An image without what its codes, or its weights, tell.

    Args:
        net: A network of stage II.
        image: (1, 3, H, W) in [0, 1].
        kept: 'both'; 'weights': every codebook gives the mean of the codes
            that it would give; 'codes': every weight is its mean.

    Returns:
        (1, 3, H, W) in [0, 1].
    """
    with ExitStack() as stack:
        if kept == 'weights':
            for quantizer in net.quantizers:
                handle = quantizer.register_forward_hook(_mean_codes)
                stack.callback(handle.remove)
        if kept == 'codes':
            handle = net.weight_predictor.register_forward_hook(_mean_weights)
            stack.callback(handle.remove)
        return padded_forward(net, image).image.clamp(0, 1)


def _mean(plane):
    return plane.mean((2, 3), keepdim=True).expand_as(plane)


def _mean_codes(module, given, found: Quantized):
    return found._replace(st=_mean(found.st))


def _mean_weights(module, given, found):
    return _mean(found)


def psnr_y(image: Tensor, truth: Tensor) -> float:
    """PSNR in dB on BT.601 Y, of images (1, 3, H, W) in [0, 1]."""
    # The metrics take BGR.
    pair = [255 * each[0].flip(0) for each in (truth, image)]
    ours, ground_truth = planes(*pair, 'Y', 0)
    error = np.square(ours - ground_truth).mean()
    return float(10 * np.log10(255**2 / max(error, 1e-10)))


if __name__ == '__main__':
    try:
        main()
    except InputError as error:
        sys.exit(f'error: {error}')
    except KeyboardInterrupt:
        sys.exit('interrupted')
