"""Free-form holes: zigzag brush strokes.

The mask of the released AdaCode inpainting data (AdaCode, Liu et al., ICCV
2023), which comes from GPEN (Yang et al., CVPR 2021) and goes back to the
free-form masks of Yu et al., ICCV 2019. Seeded alike, a square
mask is that of the release, pixel for pixel. MMagic's `LoadMask` ('ff') draws
the same family, but needs the image's size in the config, and mixes up width
and height. Strokes zigzag from left to right, so that the right of an image is
covered more than its left, here as in the release.
"""

import math

import numpy as np
from mmcv.transforms import BaseTransform
from PIL import Image, ImageDraw

from adacode_mm.core.exceptions import ConfigError
from adacode_mm.registry import TRANSFORMS

MEAN_ANGLE = 2 * math.pi / 5
ANGLE_RANGE = 2 * math.pi / 15


def brush_stroke_mask(
    shape: tuple[int, int],
    num_strokes: tuple[int, int] = (1, 4),
    num_steps: tuple[int, int] = (8, 28),
    brush_width: tuple[int, int] = (12, 80),
    released_axes: bool = False,
    rng: np.random.RandomState | None = None,
) -> np.ndarray:
    """Draw brush strokes.

    Args:
        shape: Height and width of the mask.
        num_strokes: Number of strokes, from the first to below the second.
        num_steps: Line segments of a stroke, from the first to below the
            second.
        brush_width: Width of a stroke in pixels, from the first to below the
            second. It does not grow with the image.
        released_axes: Confine x to the height and y to the width, as the
            released code (and MMagic) does by mistake: parts of an image that
            is not square are then never painted.
        rng: Source of random numbers; None for numpy's global one.

    Returns:
        uint8 (H, W, 1): 1 in the holes, 0 elsewhere.
    """
    rng = rng or np.random
    height, width = shape[:2]
    mask = Image.new('L', (width, height), 0)
    draw = ImageDraw.Draw(mask)
    limits = (height, width) if released_axes else (width, height)
    mean_step = math.hypot(height, width) / 8
    for _ in range(rng.randint(*num_strokes)):
        num = rng.randint(*num_steps)
        vertices = _zigzag(limits, mean_step, num, rng)
        brush = int(rng.uniform(*brush_width))
        draw.line(vertices, fill=1, width=brush)
        radius = brush // 2
        for x, y in vertices:  # round joints and ends
            box = (x - radius, y - radius, x + radius, y + radius)
            draw.ellipse(box, fill=1)
    return np.array(mask, dtype=np.uint8)[..., None]


def _zigzag(limits, mean_step, num_steps, rng):
    """Vertices of one stroke; the order of draws is that of the release."""
    low = MEAN_ANGLE - rng.uniform(0, ANGLE_RANGE)
    high = MEAN_ANGLE + rng.uniform(0, ANGLE_RANGE)
    angles = rng.uniform(low, high, size=num_steps)
    angles[::2] = 2 * math.pi - angles[::2]
    x = int(rng.randint(0, limits[0]))
    y = int(rng.randint(0, limits[1]))
    vertices = [(x, y)]
    steps = rng.normal(mean_step, mean_step // 2, size=num_steps)
    for angle, step in zip(angles, steps.clip(0, 2 * mean_step), strict=True):
        x = int(np.clip(x + step * math.cos(angle), 0, limits[0]))
        y = int(np.clip(y + step * math.sin(angle), 0, limits[1]))
        vertices.append((x, y))
    return vertices


@TRANSFORMS.register_module()
class BrushStrokeMask(BaseTransform):
    """Draw a brush-stroke mask of the size of the GT image.

    MMagic's `GetMaskedImage(zero_value=255)` then paints the holes white, the
    input of the released inpainting network. Before the crop, strokes are
    drawn on the whole patch as in the release, and a crop of it may have few
    or many of them; after it, every crop gets its own.

    Required keys: `gt_key`, an (H, W, C) image; `sample_idx`, which MMEngine's
    datasets give, if a seed is set.

    Added keys: `mask_key`, uint8 (H, W, 1), 1 in the holes and 0 elsewhere, as
    MMagic's `LoadMask` gives it.

    Args:
        num_strokes: See :func:`brush_stroke_mask`, as all up to
            `released_axes`.
        num_steps: Line segments of a stroke.
        brush_width: Width of a stroke in pixels.
        released_axes: Swap the axes as the release does.
        seed: None draws with numpy's global random numbers, for training.
            A number gives image n of the dataset (`sample_idx`) the mask of
            seed `seed + n` every time, for validation.
        gt_key: Key of the image that gives the size.
        mask_key: Key of the mask to write.

    Raises:
        ConfigError: If a range is empty.
    """

    def __init__(
        self,
        num_strokes: tuple[int, int] = (1, 4),
        num_steps: tuple[int, int] = (8, 28),
        brush_width: tuple[int, int] = (12, 80),
        released_axes: bool = False,
        seed: int | None = None,
        gt_key: str = 'gt',
        mask_key: str = 'mask',
    ):
        ranges = {
            'num_strokes': num_strokes,
            'num_steps': num_steps,
            'brush_width': brush_width,
        }
        for name, (low, high) in ranges.items():
            if not 0 < low < high:
                raise ConfigError(
                    f'{name} must be a range (low, high) with 0 < low < high '
                    f'(high is not reached), got ({low}, {high}).'
                )
        self.ranges = ranges
        self.released_axes = released_axes
        self.seed = seed
        self.gt_key = gt_key
        self.mask_key = mask_key

    def transform(self, results: dict) -> dict:
        """Add the mask to `results`."""
        rng = None
        if self.seed is not None:
            rng = np.random.RandomState(self.seed + results['sample_idx'])
        results[self.mask_key] = brush_stroke_mask(
            results[self.gt_key].shape,
            **self.ranges,
            released_axes=self.released_axes,
            rng=rng,
        )
        return results

    def __repr__(self) -> str:
        ranges = ', '.join(f'{k}={v}' for k, v in self.ranges.items())
        return (
            f'{type(self).__name__}({ranges}, '
            f'released_axes={self.released_axes}, seed={self.seed}, '
            f'gt_key={self.gt_key!r}, mask_key={self.mask_key!r})'
        )
