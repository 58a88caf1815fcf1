"""`adacode evaluate`: scores of results, or of a model, on a folder."""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from adacode_mm.core.exceptions import InputError

from .model_options import add_model_options, restorer_from

if TYPE_CHECKING:
    import numpy as np

SUMMARY = 'Score images against their originals: PSNR, SSIM, LPIPS, ...'
EXAMPLES = """An image and its original have the same path below both folders, but for the
ending. The original is cropped to a multiple of the scale. Protocols and
metrics: docs/evaluation.md.

examples:
  adacode evaluate results --reference Set5/HR --scale 4
  adacode evaluate results --reference HR --protocol paper --metrics LPIPS
  adacode evaluate Set5/LR_x4 --reference Set5/HR --model adacode-tiny-x4
"""  # noqa: E501
SHOWN = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument('results', metavar='RESULTS', help='image or folder')
    parser.add_argument(
        '--reference',
        metavar='FOLDER',
        required=True,
        help='the originals: an image or a folder',
    )
    parser.add_argument(
        '--masks',
        metavar='FOLDER',
        help='white in holes, for inpainting and metrics like Hole-PSNR',
    )
    parser.add_argument(
        '--scale',
        type=int,
        default=None,
        help='border of the scale that PSNR and SSIM leave out (default: that '
        'of the model, else 1)',
    )
    parser.add_argument(
        '--protocol',
        nargs='+',
        default=['bt601'],
        metavar='NAME',
        help='bt601, paper, rgb, y-plane (default: bt601)',
    )
    parser.add_argument(
        '--metrics',
        nargs='+',
        default=['PSNR', 'SSIM'],
        metavar='NAME',
        help='PSNR, SSIM, LPIPS, LPIPS-VGG, NIQE, FID, DISTS, FSIM, GMSD, '
        'MS-SSIM, NLPD, VIF, VSI, Hole-PSNR, Hole-L1, Hole-SSIM (default: '
        'PSNR SSIM)',
    )
    parser.add_argument(
        '--json', metavar='FILE', help='write means and all values to a file'
    )
    add_model_options(parser)
    parser.set_defaults(model=None)


def run(args: argparse.Namespace) -> int:
    """Score and print; 1 if a metric lacks its weights."""
    # Here, since they import PyTorch and MMagic.
    from adacode_mm.core.atomic_files import write_atomically
    from adacode_mm.evaluation.scoring import Scorer, mean
    from adacode_mm.work.report import ProgressBar

    triples = _matched(args.results, args.reference, args.masks)
    restorer = restorer_from(args) if args.model else None
    scale = args.scale or (restorer.scale if restorer else 1)
    always = ('PSNR', 'SSIM')
    extra = [name for name in args.metrics if name not in always]
    scorer = Scorer(args.protocol, scale, extra)
    columns = [x for x in scorer.columns if x.name in args.metrics]
    images, bar = {}, ProgressBar(len(triples))
    for name, files in triples.items():
        image, truth, mask = _read(files, scale, restorer)
        images[name] = scorer.score(image, truth, mask)
        bar.computed(1)
    bar.close()
    means = scorer.whole()
    for column in columns:
        if column.key not in means and column.key not in scorer.missing:
            values = [each[column.key] for each in images.values()]
            means[column.key] = mean(values)
    print(f'{len(images)} images, scale {scale}')
    for column in columns:
        value = means.get(column.key)
        shown = '-' if value is None else f'{value:.4f}'
        print(f'{column.title:<24}{shown:>10}')
    for key, sentence in scorer.missing.items():
        print(f'no {key}: {sentence}')
    if args.json:
        record = {'scale': scale, 'means': means, 'images': images}
        write_atomically(args.json, json.dumps(record, indent=1) + '\n')
    return int(bool(scorer.missing))


def _matched(results, reference, masks) -> dict[str, list[Path]]:
    """Name -> result, original and, if there are any, mask.

    Raises:
        InputError: If an image has no partner.
    """
    folders = [Path(x) for x in (results, reference, masks) if x is not None]
    found = [_by_name(folder) for folder in folders]
    if all(folder.is_file() for folder in folders):
        # Single files belong together, whatever they are called.
        found = [{folders[0].stem: folder} for folder in folders]
    names = set().union(*found)
    for folder, files in zip(folders, found, strict=True):
        lost = sorted(names - set(files))
        if lost:
            more = (
                f' and {len(lost) - SHOWN} more' if len(lost) > SHOWN else ''
            )
            raise InputError(
                f'{folder} must have an image for each in the other folder, '
                f'but {len(lost)} of {len(names)} are missing: '
                f'{", ".join(lost[:SHOWN])}{more}.'
            )
    return {name: [files[name] for files in found] for name in sorted(names)}


def _by_name(folder) -> dict[str, Path]:
    from adacode_mm.work.inputs import find_images

    files: dict[str, Path] = {}
    root = folder.parent if folder.is_file() else folder
    for image in find_images([folder]).files:
        name = image.path.relative_to(root).with_suffix('').as_posix()
        if name in files:
            raise InputError(
                f'{image.path} and {files[name]} differ in their ending '
                f'only: remove one of them.'
            )
        files[name] = image.path
    return files


def _read(
    files, scale, restorer
) -> tuple['np.ndarray', 'np.ndarray', 'np.ndarray | None']:
    """Result, original and mask as arrays.

    Raises:
        InputError: If one cannot be read, or their sizes do not fit.
    """
    from adacode_mm.evaluation.eval_images import (
        cropped,
        in_color,
        read_eval_image,
        size_of,
    )

    image, truth = map(read_eval_image, files[:2])
    mask = None
    if len(files) > 2:
        mask = in_color(read_eval_image(files[2])).max(2) >= 128
    if restorer is not None:
        image = restorer(image, mask) if mask is not None else restorer(image)
    truth = cropped(truth, scale)
    for pixels, path in ((image, files[0]), (mask, files[-1])):
        if pixels is not None and pixels.shape[:2] != truth.shape[:2]:
            raise InputError(
                f'{path} gives {size_of(pixels)} pixels, but its original '
                f'{files[1]} has {size_of(truth)}: check --scale and the '
                f'folders.'
            )
    return image, truth, mask
