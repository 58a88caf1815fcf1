"""Measure how long degrading an image takes on one core."""

import argparse
import time

import adacode_mm  # noqa: F401  # isort: skip  # adapts MMagic: comes first
import cv2
import numpy as np
from tqdm import tqdm

from adacode_mm.core.exceptions import InputError
from adacode_mm.data.transforms.degradations.bsrgan import draw_bsrgan
from adacode_mm.data.transforms.degradations.bsrgan_plus import (
    draw_bsrgan_plus,
)
from adacode_mm.evaluation.eval_images import in_color, read_eval_image
from adacode_mm.work.inputs import find_images
from benchmarks.records import append_record, command, run_main, run_record

CHAINS = {'bsrgan': draw_bsrgan, 'bsrgan_plus': draw_bsrgan_plus}


def load_patches(folder: str, size: int) -> list[np.ndarray]:
    """The images of a folder as float32 RGB squares (size, size, 3) in [0, 1].

    Larger images are cropped, smaller ones continued by their mirror image.
    """
    patches = []
    for found in find_images([folder]).files:
        image = in_color(read_eval_image(found.path))[:size, :size]
        below, right = (size - n for n in image.shape[:2])
        padding = ((0, below), (0, right), (0, 0))
        image = np.pad(image, padding, 'symmetric')
        patches.append(image.astype(np.float32) / 255)
    return patches


def chain_record(args: argparse.Namespace) -> dict:
    """Milliseconds of CPU a sample.

    Raises:
        InputError: If a number cannot be used.
    """
    if args.size % args.scale or min(args.size, args.samples) < 1:
        raise InputError(
            f'--size must be a multiple of --scale {args.scale} and --samples '
            f'at least 1, got {args.size} and {args.samples}.'
        )
    images = load_patches(args.images, args.size)
    cv2.setNumThreads(1)
    times = []
    for n in tqdm(range(-1, args.samples), leave=False):
        image, rng = images[n % len(images)], np.random.default_rng(abs(n))
        start = time.process_time()
        for step in CHAINS[args.chain](image.shape, args.scale, rng):
            image = step(image, rng)
        times.append(1000 * (time.process_time() - start))
    times = np.array(times[1:])  # the first sample warms up
    return {
        **run_record(None, 0, 'cpu'),
        'command': command('degradation'),
        **{k: getattr(args, k) for k in ('chain', 'scale', 'size', 'samples')},
        'this': {
            'mean_ms': times.mean(),
            'median_ms': float(np.median(times)),
            'max_ms': times.max(),
        },
    }


def main(argv=None) -> None:
    from benchmarks.make_page import degradation

    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add('--images', default='tests/data/photos', help='folder of images')
    add('--scale', type=int, default=4)
    add('--size', type=int, default=256, help='side of what is degraded')
    add('--samples', type=int, default=300)
    add('--chain', choices=list(CHAINS), default='bsrgan')
    add('--json', metavar='FILE', help='append the record to a file')
    args = parser.parse_args(argv)
    record = chain_record(args)
    if args.json:
        append_record(args.json, record)
    print(degradation([record]))


if __name__ == '__main__':
    run_main(main)
