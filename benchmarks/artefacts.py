"""Look for the artefacts that scores do not show, beside a bicubic filter.

    python -m benchmarks.artefacts --scale 4 --data data/eval \\
        --model bicubic --model tiny=adacode-tiny-x4

Four measurements, each on inputs whose right answer is known:

- moire: of gratings 8 pixels apart at nine angles, how much of the result
  varies slowly (standard deviation in grey levels after a Gaussian of 8
  pixels; the truth has none);
- border: dB that the outermost 8 pixels lose, with the surroundings cut off,
  against the same pixels restored with 16 input pixels around them, minus what
  the pixels inside of these lose;
- grid: of a smooth ramp behind JPEG of quality 40, mean step across the
  borders of JPEG's blocks, as a multiple of the mean step elsewhere;
- colour: largest shift of an image's mean in one channel, in grey levels, on
  the images of the sets.
"""

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import adacode_mm  # noqa: F401  # isort: skip  # adapts MMagic: comes first
import cv2
import numpy as np
import pandas as pd
from tqdm import tqdm

from adacode_mm.core.atomic_files import write_atomically
from adacode_mm.evaluation.eval_images import in_color
from benchmarks.records import command, run_main, run_record
from benchmarks.tables.baselines import Baseline
from benchmarks.tables.inputs import InputOptions, Sample, bicubic, read_sample
from benchmarks.tables.markdown import to_markdown
from benchmarks.tables.models import parse_model
from benchmarks.tables.sets import find_set, find_sets

PERIOD = 8  # pixels of the truth
ANGLES = range(0, 90, 10)  # degrees
RING = 8  # pixels of the result
AROUND = 16  # pixels of the input
BLOCK = 8  # JPEG's
CROP = 48  # pixels of the input


def moire(enlarge: Callable[[np.ndarray], np.ndarray], scale: int) -> float:
    """Grey levels by which an enlarged grating varies slowly, at worst."""
    found = []
    y, x = np.mgrid[: 64 * scale, : 64 * scale]
    for angle in np.deg2rad(ANGLES):
        phase = 2 * np.pi / PERIOD * (x * np.cos(angle) + y * np.sin(angle))
        truth = np.rint(127.5 + 80 * np.sin(phase)).astype(np.uint8)
        small = in_color(bicubic(truth, 64, 64))
        slow = cv2.GaussianBlur(enlarge(small).astype(float), (0, 0), 8)
        inner = slice(4 * PERIOD, -4 * PERIOD)
        found.append(slow[inner, inner].std((0, 1)).mean())
    return float(max(found))


def border(
    enlarge: Callable[[np.ndarray], np.ndarray],
    scale: int,
    samples: Sequence[Sample],
) -> float:
    """dB that the outermost pixels lose without their surroundings."""
    errors = np.zeros((2, 2))  # with and without surroundings; ring, inside
    side, around = CROP * scale, AROUND * scale
    ring = np.ones((side, side), bool)
    ring[RING:-RING, RING:-RING] = False
    for sample in samples:
        if min(sample.input.shape[:2]) < CROP + 2 * AROUND:
            continue
        large = sample.input[: CROP + 2 * AROUND, : CROP + 2 * AROUND]
        inner = slice(AROUND, AROUND + CROP)
        middle = slice(around, around + side)
        truth = sample.truth[middle, middle].astype(float)
        results = enlarge(large)[middle, middle], enlarge(large[inner, inner])
        for row, result in zip(errors, results, strict=True):
            error = np.square(result - truth)
            row += error[ring].mean(), error[~ring].mean()
    known, cut = 10 * np.log10(errors)
    return float((cut - known) @ [1, -1])


def grid(enlarge: Callable[[np.ndarray], np.ndarray], scale: int) -> float:
    """Steps across the borders of JPEG's blocks, against those elsewhere."""
    y, x = np.mgrid[:64, :64]
    ramp = np.stack([100 + x / 3 + y / 5, 120 + x / 4, 140 + y / 4], -1)
    noise = np.random.default_rng(0).normal(0, 1.5, ramp.shape)
    image = (ramp + noise).clip(0, 255).astype(np.uint8)
    _, content = cv2.imencode('.jpg', image, [cv2.IMWRITE_JPEG_QUALITY, 40])
    result = enlarge(cv2.imdecode(content, cv2.IMREAD_COLOR)).astype(float)
    ratios = []
    for axis in (0, 1):
        steps = np.abs(np.diff(result, axis=axis)).mean((1 - axis, 2))
        # Blocks end between pixels of the result, and a filter spreads this.
        place = (np.arange(len(steps)) + 1) % (BLOCK * scale)
        near = np.minimum(place, BLOCK * scale - place) < scale
        ratios.append(steps[near].mean() / steps[~near].mean())
    return float(np.mean(ratios))


def colour(
    enlarge: Callable[[np.ndarray], np.ndarray], samples: Sequence[Sample]
) -> float:
    """Largest shift of a mean, in grey levels, over some images."""
    return max(
        float(
            np.abs(
                enlarge(sample.input).mean((0, 1), float)
                - sample.input.mean((0, 1))
            ).max()
        )
        for sample in samples
    )


def measure(
    model: Baseline, scale: int, samples: Sequence[Sample]
) -> dict[str, float]:
    """All four of a row of a table, on images and their inputs."""

    def enlarge(image):
        height, width = (side * scale for side in image.shape[:2])
        truth = np.empty((height, width, 3), np.uint8)
        image = np.ascontiguousarray(image)
        return model.restore(Sample('artefacts', 'image', truth, image))

    return {
        'moire': moire(enlarge, scale),
        'border': border(enlarge, scale, samples),
        'grid': grid(enlarge, scale),
        'colour': colour(enlarge, samples),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add('--model', action='append', required=True, metavar='[LABEL=]SPEC',
        help='as for benchmarks.make_tables')  # fmt: skip
    add('--scale', type=int, default=4, choices=[2, 4])
    add('--data', default='data/eval', help='test sets')
    add('--sets', nargs='+', default=['BSD100'])
    add('--limit', type=int, help='only the first of each set')
    add('--record', type=Path, metavar='FILE', help='keep the figures')
    args = parser.parse_args()
    options = InputOptions('sr', args.scale)
    samples = []
    for name, folder in find_sets(args.data, args.sets):
        images = find_set(name, folder, args.scale).images[: args.limit]
        samples += [read_sample(name, image, options) for image in images]
    samples = [
        each._replace(input=in_color(each.input), truth=in_color(each.truth))
        for each in samples
    ]
    models = [parse_model(x, options, {'device': 'cpu'}) for x in args.model]
    for model in models:
        model.check([])
    rows = {}
    for model in tqdm(models, unit='model'):
        model.open()
        rows[model.label] = measure(model, args.scale, samples)
    frame = pd.DataFrame.from_dict(rows, orient='index').round(3)
    print(to_markdown(frame.astype(str).reset_index(names='model')))
    if args.record:
        record = run_record(None, 0, 'cpu') | {
            'command': command('artefacts'),
            'scale': args.scale,
            'images': len(samples),
            'models': {each.label: each.facts for each in models},
            'rows': rows,
        }
        write_atomically(args.record, json.dumps(record, indent=1) + '\n')


if __name__ == '__main__':
    run_main(main)
