"""Photographs that come with scikit-image and scikit-learn, cut in patches."""

import shutil
from pathlib import Path

import mmcv
import numpy as np
import skimage
import sklearn

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

PATCH = 128
STEP = 96
VALIDATE_EVERY = 8


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
    (unfinished / 'annotations').mkdir(parents=True)
    everything = {'train': [], 'valid': []}
    for super_class, photographs in TRAINING.items():
        names = []
        for photograph in photographs:
            names += _cut(photograph, unfinished / 'photos')
        lists = {
            'train': [n for i, n in enumerate(names) if i % VALIDATE_EVERY],
            'valid': names[::VALIDATE_EVERY],
        }
        for split, part in lists.items():
            _write_list(unfinished, f'{super_class}_{split}', part)
            everything[split] += part
    for split, part in everything.items():
        _write_list(unfinished, split, part)
    unfinished.rename(folder)


def read_held_out() -> np.ndarray:
    """The photograph that no stage has seen, RGB uint8, sides multiples of 4.

    The lower right edge is cut off as in the usual benchmarks.
    """
    photograph = mmcv.imread(str(HELD_OUT), channel_order='rgb')
    height, width = (n // 4 * 4 for n in photograph.shape[:2])
    return photograph[:height, :width]


def _cut(path, folder):
    photograph = mmcv.imread(str(path))
    names = []
    for top in _starts(photograph.shape[0]):
        for left in _starts(photograph.shape[1]):
            name = f'{path.stem}_{top:03d}_{left:03d}.png'
            patch = photograph[top : top + PATCH, left : left + PATCH]
            mmcv.imwrite(patch, str(folder / name))
            names.append(name)
    return names


def _starts(size):
    """Offsets of the patches; the last one is aligned with the border."""
    starts = list(range(0, size - PATCH + 1, STEP))
    if starts[-1] != size - PATCH:
        starts.append(size - PATCH)
    return starts


def _write_list(folder, name, lines):
    path = folder / 'annotations' / f'{name}.txt'
    path.write_text('\n'.join(lines) + '\n')
