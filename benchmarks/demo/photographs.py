"""Photographs that come with scikit-image and scikit-learn, cut in patches."""

import shutil
from pathlib import Path

import numpy as np
import skimage
import sklearn

from adacode_mm.core.atomic_files import write_atomically
from adacode_mm.data.preparation.encode_png import encode_png
from adacode_mm.evaluation.eval_images import (
    cropped,
    in_color,
    read_eval_image,
)

SKIMAGE = Path(skimage.__file__).parent / 'data'
SKLEARN = Path(sklearn.__file__).parent / 'datasets' / 'images'

# No segmentation network runs here: whole photographs are sorted by hand.
TRAINING = {
    'architecture': [SKLEARN / 'china.jpg', SKIMAGE / 'brick.png'],
    'indoor': [SKIMAGE / 'coffee.png', SKIMAGE / 'motorcycle_left.png'],
    'nature': [SKLEARN / 'flower.jpg', SKIMAGE / 'grass.png'],
    'street': [SKIMAGE / 'rocket.jpg', SKIMAGE / 'camera.png'],
    'portrait': [SKIMAGE / 'astronaut.png'],
}
HELD_OUT = SKIMAGE / 'chelsea.png'
PATCH, STEP, VALIDATE_EVERY = 128, 96, 8


def prepare(folder: Path) -> None:
    """Write patches and annotation files, unless they are there already.

    Args:
        folder: Gets `photos/*.png` (128x128), `annotations/train.txt`,
            `annotations/valid.txt` and the same per super-class.
    """
    if folder.exists():
        return
    # Renamed when it is complete, so that an interrupted call starts anew.
    unfinished = folder.with_name(folder.name + '.unfinished')
    shutil.rmtree(unfinished, ignore_errors=True)
    for name in ('annotations', 'photos'):
        (unfinished / name).mkdir(parents=True)
    lists = {'train': [], 'valid': []}
    for super_class, photographs in TRAINING.items():
        names = []
        for photograph in photographs:
            names += _cut(photograph, unfinished / 'photos')
        for split, part in (
            ('train', [n for i, n in enumerate(names) if i % VALIDATE_EVERY]),
            ('valid', names[::VALIDATE_EVERY]),
        ):
            lists[f'{super_class}_{split}'] = part
            lists[split] += part
    for name, patches in lists.items():
        path = unfinished / 'annotations' / f'{name}.txt'
        write_atomically(path, '\n'.join(patches) + '\n')
    unfinished.rename(folder)


def read_held_out() -> np.ndarray:
    """The photograph that no stage has seen, RGB uint8, sides multiples of 4.

    The lower right edge is cut off as in the usual benchmarks.
    """
    return cropped(read_eval_image(HELD_OUT), 4)


def _cut(path, folder):
    photograph = in_color(read_eval_image(path))
    names = []
    for top in _starts(photograph.shape[0]):
        for left in _starts(photograph.shape[1]):
            names.append(f'{path.stem}_{top:03d}_{left:03d}.png')
            patch = photograph[top : top + PATCH, left : left + PATCH]
            write_atomically(folder / names[-1], encode_png(patch))
    return names


def _starts(size):
    """Offsets of the patches; the last one is aligned with the border."""
    return sorted({*range(0, size - PATCH + 1, STEP), size - PATCH})
