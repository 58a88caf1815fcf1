"""How much a restored video flickers, with and without `--temporal`.

    python -m benchmarks.flicker --model adacode-tiny-x4

A window moves over photographs, or zooms into them, so that truth and motion
are known. The frames are made small, with noise and JPEG's damage or without,
and restored. Flicker is the mean absolute difference, in grey
levels, between a frame and the frame before, warped by the known motion.
"""

import argparse
import json
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import adacode_mm  # noqa: F401  # isort: skip  # adapts MMagic: comes first
import cv2
import numpy as np
import pandas as pd
from tqdm import tqdm

from adacode_mm.core.atomic_files import write_atomically
from adacode_mm.data.preparation.seeds import generator_of
from adacode_mm.evaluation.eval_images import read_eval_image
from adacode_mm.restoring.restorer import Restorer
from adacode_mm.video.steady import Steady
from benchmarks.records import ROOT, command, run_main, run_record
from benchmarks.tables.inputs import bicubic
from benchmarks.tables.markdown import to_markdown

PHOTOS = ('astronaut_256', 'chelsea_eyes_128', 'coffee_odd_131x97')
SIDE = 96  # pixels of the truth
FRAMES = 8
BORDER = 8  # pixels left out, since what enters has no frame before
NOISE, QUALITY = 6, 70  # grey levels; of JPEG
# Name -> pixels a frame to the right and down, and growth a frame.
MOTIONS = {'pan': (2.5, 1.0, 1.0), 'zoom': (0.0, 0.0, 1.02)}


def truth_frames(
    photo: np.ndarray, motion: tuple[float, float, float]
) -> tuple[list[np.ndarray], np.ndarray]:
    """Frames of a moving window, and where each pixel was before.

    Args:
        photo: (H, W, 3), uint8.
        motion: As in `MOTIONS`.

    Returns:
        The frames; places (SIDE, SIDE, 2), x and y, in the frame before.
    """
    right, down, growth = motion
    middle = (SIDE - 1) / 2
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float32)
    frames = []
    for k in range(FRAMES):
        zoom = growth**k
        places = (
            (x - middle) / zoom + middle + right * k,
            (y - middle) / zoom + middle + down * k,
        )
        frames.append(
            cv2.remap(
                photo, *places, cv2.INTER_LANCZOS4, None, cv2.BORDER_REFLECT
            )
        )
    before = (
        (x - middle) / growth + middle + right,
        (y - middle) / growth + middle + down,
    )
    return frames, np.stack(before, -1)


def flicker(frames: Sequence[np.ndarray], before: np.ndarray) -> float:
    """Mean difference from the warped frame before, in grey levels."""
    inner = slice(BORDER, -BORDER)
    apart = []
    for last, frame in pairwise(frames):
        warped = cv2.remap(
            last.astype(np.float32), before, None, cv2.INTER_LANCZOS4
        )
        apart.append(np.abs(warped - frame)[inner, inner].mean())
    return float(np.mean(apart))


def psnr(frames: Sequence[np.ndarray], truth: Sequence[np.ndarray]) -> float:
    """Mean over the frames, RGB, in dB."""
    errors = [
        np.square(a.astype(float) - b).mean()
        for a, b in zip(frames, truth, strict=True)
    ]
    with np.errstate(divide='ignore'):  # the truth has no error
        return float(np.mean(10 * np.log10(255**2 / np.array(errors))))


def measure(restorer: Restorer, source: str) -> dict[str, dict[str, float]]:
    """Rows of the table, means over photographs and motions.

    Args:
        restorer: Of a network that enlarges.
        source: 'clean' or 'damaged'.
    """
    scale, found = restorer.scale, {}
    for name in tqdm(PHOTOS, unit='photograph'):
        photo = read_eval_image(ROOT / f'tests/data/photos/{name}.png')
        for motion, numbers in MOTIONS.items():
            truth, before = truth_frames(photo, numbers)
            rng = generator_of(f'{name}/{motion}', 0)
            small = [_spoilt(x, scale, source, rng) for x in truth]
            plain = restorer(small)
            steady = Steady()
            rows = {
                'truth': truth,
                'bicubic': [bicubic(x, SIDE, SIDE) for x in small],
                'frame by frame': plain,
                '--temporal': [
                    steady(*pair) for pair in zip(small, plain, strict=True)
                ],
            }
            for row, frames in rows.items():
                found.setdefault(row, []).append(
                    (flicker(frames, before), psnr(frames, truth))
                )
    return {
        row: dict(zip(('flicker', 'PSNR'), np.mean(x, 0), strict=True))
        for row, x in found.items()
    }


def _spoilt(truth, scale, source, rng):
    small = bicubic(truth, SIDE // scale, SIDE // scale)
    if source == 'clean':
        return small
    noisy = (small + rng.normal(0, NOISE, small.shape)).clip(0, 255)
    quality = [cv2.IMWRITE_JPEG_QUALITY, QUALITY]
    _, content = cv2.imencode('.jpg', noisy.astype(np.uint8), quality)
    return cv2.imdecode(content, cv2.IMREAD_COLOR)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add('--model', default='adacode-tiny-x4', help='name, file or folder')
    add('--fidelity', type=float, help='for networks that have it')
    add('--record', type=Path, metavar='FILE', help='keep the figures')
    args = parser.parse_args()
    restorer = Restorer.from_pretrained(
        args.model, device='cpu', fidelity=args.fidelity
    )
    tables = {x: measure(restorer, x) for x in ('clean', 'damaged')}
    for source, rows in tables.items():
        frame = pd.DataFrame.from_dict(rows, orient='index').round(2)
        print(f'\n{source}\n')
        print(to_markdown(frame.astype(str).reset_index(names='frames')))
    if args.record:
        record = run_record(None, 0, 'cpu') | {
            'command': command('flicker'),
            'model': args.model,
            'tables': tables,
        }
        write_atomically(args.record, json.dumps(record, indent=1) + '\n')


if __name__ == '__main__':
    run_main(main)
