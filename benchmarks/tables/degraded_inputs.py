"""What the models of a table get: low resolution, or holes."""

from typing import NamedTuple

import numpy as np
from mmagic.datasets.transforms import MATLABLikeResize

from adacode_mm.core.exceptions import InputError
from adacode_mm.data.preparation.seeds import generator_of
from adacode_mm.data.transforms.bicubic_downsample import BicubicDownsample
from adacode_mm.data.transforms.brush_stroke_mask import brush_stroke_mask
from adacode_mm.data.transforms.degradations.bsrgan import degrade_bsrgan
from adacode_mm.evaluation.eval_images import (
    as_gray,
    cropped,
    in_color,
    read_eval_image,
    size_of,
)

from .eval_sets import EvalImage

DEGRADATIONS = {
    'bicubic': 'MATLAB-like bicubic, rounded to 8 bits',
    'bsrgan': 'BSRGAN degradation (blur, noise, JPEG), seeded by set, image '
    'and seed',
    'given': 'the LR images of the set',
}
MASKS = {
    'strokes': 'brush strokes, seeded by set, image and seed',
    'given': 'the masks of the set',
}


class Sample(NamedTuple):
    """One image of a table.

    Attributes:
        set_name: Of the set.
        name: Of the image.
        truth: Ground truth, uint8, RGB (H, W, 3) or grey (H, W).
        input: Low-resolution image, or the image with white holes, or the
            ground truth itself; as `truth`.
        mask: Where the holes are (H, W), bool; None without holes.
    """

    set_name: str
    name: str
    truth: np.ndarray
    input: np.ndarray
    mask: np.ndarray | None = None


class InputOptions(NamedTuple):
    """How inputs are made.

    Attributes:
        task: 'sr', 'inpaint' or 'reconstruct'.
        scale: Of super-resolution, else 1.
        source: A key of `DEGRADATIONS`, or, for inpainting, of `MASKS`.
        seed: Of random degradations and masks.
        brush_width: Of strokes, in pixels, the second not reached.
    """

    task: str
    scale: int = 1
    source: str = 'bicubic'
    seed: int = 0
    brush_width: tuple[int, int] = (12, 80)

    @property
    def given_folder(self) -> str | None:
        """Folder of a set that holds given inputs, if these are wanted."""
        if self.source != 'given' or self.task == 'reconstruct':
            return None
        return f'LR_x{self.scale}' if self.task == 'sr' else 'masks'


def read_sample(
    set_name: str, image: EvalImage, options: InputOptions
) -> Sample:
    """Read an image and make its input.

    The input depends on the set's and the image's name and the seed alone:
    not on which other images there are, their order, or the model.

    Args:
        set_name: Of the set.
        image: Its files.
        options: How the input is made.

    Raises:
        InputError: If a file is no image, or sizes do not fit.
    """
    truth = cropped(read_eval_image(image.truth), options.scale)
    if not truth.size:
        raise InputError(
            f'{image.truth} must have at least {options.scale} pixels in '
            f'each direction, it has fewer: leave it out.'
        )
    name = f'{set_name}/{image.name}'
    if options.task == 'sr':
        lq = _low_resolution(truth, image, name, options)
        return Sample(set_name, image.name, truth, lq)
    if options.task == 'inpaint':
        mask = _holes(truth, image, name, options)
        painted = truth.copy()
        painted[mask] = 255
        return Sample(set_name, image.name, truth, painted, mask)
    return Sample(set_name, image.name, truth, truth)


def bicubic(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """Resize as MATLAB's `imresize`, clipped and rounded.

    Args:
        image: uint8, RGB (H, W, 3) or grey (H, W).
        height: Of the result, like `width`.
        width: Of the result.
    """
    resize = MATLABLikeResize(keys=['x'], output_shape=(height, width))
    result = resize.transform({'x': image})['x']
    result = np.clip(np.round(result), 0, 255).astype(np.uint8)
    return result[..., 0] if image.ndim == 2 else result


def _low_resolution(truth, image, name, options):
    height, width = (side // options.scale for side in truth.shape[:2])
    if options.source == 'given':
        lq = read_eval_image(image.given)
        if lq.shape[:2] != (height, width):
            raise InputError(
                f'{image.given} must be {width}x{height}, 1/{options.scale} '
                f'of {image.truth} ({size_of(truth)}), got {size_of(lq)}.'
            )
        gray = truth.ndim == 2
        if gray == (lq.ndim == 2):
            return lq
        return as_gray(lq) if gray else in_color(lq)
    if options.source == 'bicubic':
        make = BicubicDownsample(options.scale, 'gt', 'lq')
        lq = make.transform({'gt': truth})['lq']
        return lq[..., 0] if truth.ndim == 2 else lq
    rng = generator_of(name, options.seed)
    unit = in_color(truth) / np.float32(255)
    degraded = degrade_bsrgan(unit.astype(np.float32), options.scale, rng)
    lq = np.rint(degraded * 255).astype(np.uint8)
    return as_gray(lq) if truth.ndim == 2 else lq


def _holes(truth, image, name, options):
    height, width = truth.shape[:2]
    if options.source != 'given':
        seed = generator_of(name, options.seed).integers(2**32)
        rng = np.random.RandomState(int(seed))
        mask = brush_stroke_mask(
            (height, width), brush_width=options.brush_width, rng=rng
        )
        return mask[..., 0] > 0
    mask = read_eval_image(image.given)
    if mask.shape[:2] != (height, width):
        raise InputError(
            f'{image.given} must be as large as {image.truth} '
            f'({size_of(truth)}), got {size_of(mask)}.'
        )
    return in_color(mask).max(2) >= 128
