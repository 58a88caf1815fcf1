"""Restore photographs with the weights of the package.

Photographs that come with scikit-image are made smaller, degraded or painted
over (the same way each time), restored, and compared with the originals:
pictures side by side and a table, in less than a minute on two CPU cores,
without any download.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import adacode_mm  # noqa: F401  # isort: skip  # adapts MMagic: comes first
import cv2
import numpy as np
import pandas as pd
from tqdm import tqdm

from adacode_mm.core.atomic_files import write_atomically
from adacode_mm.data.preparation.encode_png import encode_png
from adacode_mm.evaluation.eval_images import cropped, read_eval_image
from adacode_mm.evaluation.scoring import Scorer
from adacode_mm.restoring.restorer import Restorer
from adacode_mm.views.comparison import side_by_side
from benchmarks.demo.photographs import SKIMAGE
from benchmarks.records import run_main
from benchmarks.tables.baselines import BASELINES
from benchmarks.tables.inputs import InputOptions, Sample, sample_of
from benchmarks.tables.markdown import to_markdown

# What is taken for each task and scale, unless something else is named.
MODELS = {
    ('sr', 4): 'adacode-tiny-x4',
    ('sr', 2): 'adacode-tiny-x2',
    ('inpaint', 1): 'adacode-tiny-inpaint',
}
DETAIL_SIDE = 224  # pixels, of a column in demo.png


class Case(NamedTuple):
    """One photograph to restore.

    Attributes:
        name: Of the files that are written.
        file: In the data of scikit-image.
        task: 'sr' or 'inpaint'.
        scale: Factor of super-resolution; 1 for inpainting.
        crop: Rows and columns of the photograph.
        detail: Rows and columns, inside of `crop`, to look at closely.
        shown: Whether the detail is in demo.png.
        source: How it is spoilt, a key of `benchmarks.tables.inputs.SOURCES`.
    """

    name: str
    file: str
    task: str
    scale: int
    crop: tuple[slice, slice]
    detail: tuple[slice, slice]
    shown: bool = False
    source: str = 'bsrgan'


# fmt: off
CASES = (
    Case('cat_x4', 'chelsea.png', 'sr', 4,
         np.s_[0:300, 0:448], np.s_[70:182, 120:232], True, 'bicubic'),
    Case('coffee_x4', 'coffee.png', 'sr', 4,
         np.s_[0:400, 0:600], np.s_[130:242, 300:412]),
    Case('astronaut_x2', 'astronaut.png', 'sr', 2,
         np.s_[0:512, 0:512], np.s_[60:172, 170:282], True),
    Case('rocket_x2', 'rocket.jpg', 'sr', 2,
         np.s_[0:426, 0:640], np.s_[150:262, 270:382]),
    Case('astronaut_filled', 'astronaut.png', 'inpaint', 1,
         np.s_[0:256, 96:352], np.s_[16:240, 16:240], True, 'strokes'),
    Case('coffee_filled', 'coffee.png', 'inpaint', 1,
         np.s_[72:328, 180:436], np.s_[16:240, 16:240], False, 'strokes'),
)
# fmt: on


def spoil(case: Case) -> Sample:
    """Photograph of a case, made smaller, degraded, or with holes."""
    photo = read_eval_image(SKIMAGE / case.file)[case.crop]
    # Wide for a photograph of this size: as in the training of the weights.
    options = InputOptions(case.task, case.scale, case.source, 0, (6, 40))
    return sample_of('demo', case.name, cropped(photo, case.scale), options)


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
    opened = [Restorer.from_pretrained(name) for name in models]
    restorers = {(each.task, each.scale): each for each in opened}
    rows, details = [], []
    for case in tqdm(CASES, unit='picture'):
        key, sample = (case.task, case.scale), spoil(case)
        if key not in restorers:
            restorers[key] = Restorer.from_pretrained(MODELS[key])
        name = 'telea' if case.task == 'inpaint' else 'bicubic'
        pictures = {
            'input': sample.input,
            name: BASELINES[case.task][name](sample),
            'ours': restorers[key](sample.input, sample.mask),
            'original': sample.truth,
        }
        protocol = 'rgb' if case.task == 'inpaint' else 'bt601'
        extra = ['Hole-PSNR'] if case.task == 'inpaint' else []
        scorer = Scorer([protocol], case.scale, extra)
        for method in (name, 'ours'):
            found = scorer.score(pictures[method], sample.truth, sample.mask)
            rows.append({'picture': case.name, 'method': method, **found})
        for ending, picture in (
            ('_input', sample.input),
            ('_restored', pictures['ours']),
            ('', side_by_side(pictures)),
        ):
            path = folder / f'{case.name}{ending}.png'
            write_atomically(path, encode_png(picture))
        if case.shown:
            details.append(side_by_side(_details(case, pictures)))
    write_atomically(folder / 'demo.png', encode_png(np.concatenate(details)))
    scores = pd.DataFrame(rows)
    write_atomically(folder / 'results.csv', scores.to_csv(index=False))
    texts = scores.map(lambda x: x if isinstance(x, str) else f'{x:.4g}')
    table = to_markdown(texts.replace('nan', ''))
    write_atomically(folder / 'results.md', f'{table}\n')
    return table


def _details(case, pictures):
    """The same detail of every picture, as large as it is shown."""
    details = {}
    for label, picture in pictures.items():
        factor = len(pictures['original']) // len(picture)
        rows, columns = (
            slice(s.start // factor, s.stop // factor) for s in case.detail
        )
        details[label] = cv2.resize(
            picture[rows, columns],
            (DETAIL_SIDE, DETAIL_SIDE),
            interpolation=cv2.INTER_NEAREST_EXACT,
        )
    return details


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add('--out', default='work_dirs/demo', help='folder for the pictures')
    add('--model', action='append', default=[], metavar='NAME_OR_FILE',
        help='take this model for its task and scale; may be given several '
        'times')  # fmt: skip
    args = parser.parse_args()
    table = run_demo(Path(args.out), args.model)
    print(f'\n{table}\nPictures are in {args.out}, the first is demo.png')


if __name__ == '__main__':
    run_main(main)
