"""Restores the cases of the demo, and writes pictures and a table."""

import json
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from mmagic.evaluation.metrics import psnr, ssim
from tqdm import tqdm

from adacode_mm.core.atomic_files import write_atomically
from adacode_mm.data.preparation.encode_png import encode_png
from adacode_mm.restoring.restorer import Restorer
from adacode_mm.views.comparison import side_by_side
from benchmarks.demo.demo_cases import CASES, Case, Spoilt, spoil
from benchmarks.tables.classical_baselines import RADIUS
from benchmarks.tables.degraded_inputs import bicubic

# What is taken for each task and scale, unless something else is named.
MODELS = {
    ('sr', 4): 'adacode-tiny-x4',
    ('sr', 2): 'adacode-tiny-x2',
    ('inpaint', 1): 'adacode-tiny-inpaint',
}
DETAIL_SIDE = 224  # pixels, of a column in demo.png
# Of which the details are in demo.png.
SHOWN = ('cat_x4', 'astronaut_x2', 'astronaut_filled')


def run_demo(folder: Path, models: Sequence[str] = ()) -> str:
    """Restore all cases.

    Args:
        folder: Where to write; made if need be.
        models: Names or files, instead of those in `MODELS` for their tasks.

    Returns:
        The table, in Markdown.

    Raises:
        InputError: If a model cannot be opened.
    """
    folder.mkdir(parents=True, exist_ok=True)
    restorers = _restorers(models)
    rows, details = [], []
    with tqdm(total=len(CASES), unit='picture') as bar:
        for number, case in enumerate(CASES):
            bar.set_description(case.name)
            spoilt = spoil(number)
            restorer = restorers[case.task, case.scale]
            ours = restorer(spoilt.given, spoilt.mask)
            pictures = _pictures(case, spoilt, ours)
            _write(folder / f'{case.name}_input.png', spoilt.given)
            _write(folder / f'{case.name}_restored.png', ours)
            _write(folder / f'{case.name}.png', side_by_side(pictures))
            if case.name in SHOWN:
                details.append(side_by_side(_details(case, pictures)))
            rows += scores(case, spoilt, pictures)
            bar.update()
    _write(folder / 'demo.png', np.concatenate(details))
    text = json.dumps(rows, indent=2) + '\n'
    write_atomically(folder / 'results.json', text)
    write_atomically(folder / 'results.md', table(rows))
    return table(rows)


def scores(
    case: Case, spoilt: Spoilt, pictures: dict[str, np.ndarray]
) -> list[dict]:
    """A row of numbers for each of two pictures.

    Args:
        case: What was restored.
        spoilt: The original and the holes.
        pictures: Label to picture; the second and third ones are scored.
    """
    rows = []
    for label in list(pictures)[1:3]:
        row = {'picture': case.name, 'method': label}
        if spoilt.mask is None:
            row |= _scores_of_sr(pictures[label], spoilt.original, case.scale)
        else:
            holes = [
                x[spoilt.mask][None]
                for x in (pictures[label], spoilt.original)
            ]
            row['PSNR in the holes'] = float(psnr(*holes, crop_border=0))
        rows.append(row)
    return rows


def table(rows: Sequence[dict]) -> str:
    """The numbers in Markdown."""
    lines = [
        'PSNR-Y and SSIM-Y: BT.601, the border of the scale cropped.',
        '',
        '| picture | | PSNR-Y (dB) | SSIM-Y | PSNR in the holes (dB) |',
        '|---|---|---|---|---|',
    ]
    for row in rows:
        cells = [row['picture'], row['method']]
        for name, form in (
            ('PSNR-Y', '.2f'), ('SSIM-Y', '.4f'), ('PSNR in the holes', '.2f')
        ):  # fmt: skip
            cells.append(format(row[name], form) if name in row else '')
        lines.append(f'| {" | ".join(cells)} |')
    return '\n'.join(lines) + '\n'


def _restorers(models):
    opened = [Restorer.from_pretrained(name) for name in models]
    found = {(each.task, each.scale): each for each in opened}
    for kind, name in MODELS.items():
        if kind not in found:
            found[kind] = Restorer.from_pretrained(name)
    return found


def _pictures(case, spoilt, ours):
    original, given = spoilt.original, spoilt.given
    if case.task == 'inpaint':
        holes = spoilt.mask.astype(np.uint8)
        telea = cv2.inpaint(given, holes, RADIUS, cv2.INPAINT_TELEA)
        others = {'input': given, 'Telea': telea}
    else:
        enlarged = bicubic(given, *original.shape[:2])
        others = {f'input (x{case.scale})': given, 'bicubic': enlarged}
    return {**others, 'ours': ours, 'original': original}


def _details(case, pictures):
    """The same detail of every picture, as large as it is shown."""
    height = len(pictures['original'])
    details = {}
    for label, picture in pictures.items():
        factor = height // len(picture)
        rows, columns = (
            slice(s.start // factor, s.stop // factor) for s in case.detail
        )
        details[label] = cv2.resize(
            picture[rows, columns],
            (DETAIL_SIDE, DETAIL_SIDE),
            interpolation=cv2.INTER_NEAREST_EXACT,
        )
    return details


def _scores_of_sr(picture, original, scale):
    # The metrics take BGR where they convert to Y.
    pair = [np.ascontiguousarray(x[..., ::-1]) for x in (picture, original)]
    options = {
        'crop_border': scale, 'convert_to': 'Y', 'channel_order': 'bgr',
    }  # fmt: skip
    return {
        'PSNR-Y': float(psnr(*pair, **options)),
        'SSIM-Y': float(ssim(*pair, **options)),
    }


def _write(path, picture):
    write_atomically(path, encode_png(picture))
