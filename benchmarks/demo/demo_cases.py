"""What the demo restores: photographs, and how each of them is spoilt."""

from typing import NamedTuple

import mmcv
import numpy as np

from adacode_mm.data.transforms.brush_stroke_mask import brush_stroke_mask
from adacode_mm.data.transforms.bsrgan_degradation import BSRGANDegradation
from benchmarks.demo.photographs import SKIMAGE

SEED = 0
# Wide for a photograph of this size: as in the training of the weights.
BRUSH_WIDTH = (6, 40)


class Case(NamedTuple):
    """One photograph to restore.

    Attributes:
        name: Of the files that are written.
        file: In the data of scikit-image.
        task: 'sr' or 'inpaint'.
        scale: Factor of super-resolution; 1 for inpainting.
        crop: Rows and columns of the photograph.
        detail: Rows and columns, inside of `crop`, to look at closely.
    """

    name: str
    file: str
    task: str
    scale: int
    crop: tuple[slice, slice]
    detail: tuple[slice, slice]


class Spoilt(NamedTuple):
    """A photograph and what is given to the network.

    Attributes:
        original: uint8 RGB (H, W, 3).
        given: uint8 RGB (H / scale, W / scale, 3); its holes are white.
        mask: For inpainting, True in the holes, (H, W); None otherwise.
    """

    original: np.ndarray
    given: np.ndarray
    mask: np.ndarray | None


CASES = (
    Case(
        'cat_x4', 'chelsea.png', 'sr', 4,
        (slice(0, 300), slice(0, 448)), (slice(70, 182), slice(120, 232)),
    ),
    Case(
        'coffee_x4', 'coffee.png', 'sr', 4,
        (slice(0, 400), slice(0, 600)), (slice(130, 242), slice(300, 412)),
    ),
    Case(
        'astronaut_x2', 'astronaut.png', 'sr', 2,
        (slice(0, 512), slice(0, 512)), (slice(60, 172), slice(170, 282)),
    ),
    Case(
        'rocket_x2', 'rocket.jpg', 'sr', 2,
        (slice(0, 426), slice(0, 640)), (slice(150, 262), slice(270, 382)),
    ),
    Case(
        'astronaut_filled', 'astronaut.png', 'inpaint', 1,
        (slice(0, 256), slice(96, 352)), (slice(16, 240), slice(16, 240)),
    ),
    Case(
        'coffee_filled', 'coffee.png', 'inpaint', 1,
        (slice(72, 328), slice(180, 436)), (slice(16, 240), slice(16, 240)),
    ),
)  # fmt: skip


def spoil(number: int) -> Spoilt:
    """Photograph of a case, degraded by BSRGAN or with holes of strokes.

    Args:
        number: Of the case in `CASES`; its seed depends on it alone.
    """
    case = CASES[number]
    photo = mmcv.imread(str(SKIMAGE / case.file), channel_order='rgb')
    photo = np.ascontiguousarray(photo[case.crop])
    if case.task == 'inpaint':
        rng = np.random.RandomState(SEED + number)
        mask = brush_stroke_mask(photo.shape, brush_width=BRUSH_WIDTH, rng=rng)
        mask = mask[..., 0] > 0
        given = photo.copy()
        given[mask] = 255
        return Spoilt(photo, given, mask)
    degradation = BSRGANDegradation(scale=case.scale, seed=SEED)
    results = {'gt': photo, 'gt_channel_order': 'rgb', 'sample_idx': number}
    results = degradation(results)
    return Spoilt(results['gt'], results['img'], None)
