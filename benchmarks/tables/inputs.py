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
)

from .sets import EvalImage

SOURCES = {
    'sr': {
        'bicubic': 'MATLAB-like bicubic, rounded to 8 bits',
        'bsrgan': 'BSRGAN degradation (blur, noise, JPEG), seeded by set, '
        'image and seed',
        'given': 'the LR images of the set',
    },
    'inpaint': {
        'strokes': 'brush strokes, seeded by set, image and seed',
        'given': 'the masks of the set',
    },
    'reconstruct': {'truth': 'the ground truth itself'},
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
        task: A key of `SOURCES`.
        scale: Of super-resolution, else 1.
        source: A key of `SOURCES[task]`.
        seed: Of random degradations and masks, at least 0.
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
        if self.source != 'given':
            return None
        return f'LR_x{self.scale}' if self.task == 'sr' else 'masks'

    @property
    def description(self) -> str:
        """A line for people."""
        text = SOURCES[self.task][self.source]
        if self.task == 'reconstruct':
            return text
        if self.source == 'strokes':
            low, high = self.brush_width
            text += f', {low} to {high - 1} px wide; holes are white'
        return f'{self.source}: {text}'


def read_sample(
    set_name: str, image: EvalImage, options: InputOptions
) -> Sample:
    """Read an image and make its input.

    The input depends on the set's and the image's name and the seed alone:
    not on which other images there are, their order, or the model.

    Raises:
        InputError: If a file is no image.
    """
    truth = cropped(read_eval_image(image.truth), options.scale)
    given = read_eval_image(image.given) if options.given_folder else None
    return sample_of(set_name, image.name, truth, options, given)


def sample_of(
    set_name: str,
    name: str,
    truth: np.ndarray,
    options: InputOptions,
    given: np.ndarray | None = None,
) -> Sample:
    """The sample of a ground truth, with its given LR image or mask."""
    rng = generator_of(f'{set_name}/{name}', options.seed)
    if options.task == 'sr':
        lq = _low_resolution(truth, options, rng) if given is None else given
        lq = as_gray(lq) if truth.ndim < lq.ndim else lq
        lq = in_color(lq) if truth.ndim > lq.ndim else lq
        return Sample(set_name, name, truth, lq)
    if options.task == 'inpaint':
        mask = _strokes(truth, options, rng)
        if given is not None:
            mask = in_color(given).max(2) >= 128
        painted = truth.copy()
        painted[mask] = 255
        return Sample(set_name, name, truth, painted, mask)
    return Sample(set_name, name, truth, truth)


def bicubic(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """A uint8 image resized as by MATLAB's `imresize`, clipped, rounded."""
    resize = MATLABLikeResize(keys=['x'], output_shape=(height, width))
    result = resize.transform({'x': image})['x']
    result = np.clip(np.round(result), 0, 255).astype(np.uint8)
    return result[..., 0] if image.ndim == 2 else result


def _low_resolution(truth, options, rng):
    if options.source == 'bicubic':
        make = BicubicDownsample(options.scale, 'gt', 'lq')
        lq = make.transform({'gt': truth})['lq']
        return lq[..., 0] if truth.ndim == 2 else lq
    unit = (in_color(truth) / np.float32(255)).astype(np.float32)
    degraded = degrade_bsrgan(unit, options.scale, rng)
    return np.rint(degraded * 255).astype(np.uint8)


def _strokes(truth, options, rng):
    low, high = options.brush_width
    if not 1 <= low < high:
        raise InputError(
            f'--brush-width must be two numbers, the first at least 1 and '
            f'below the second, got {low} {high}.'
        )
    rng = np.random.RandomState(int(rng.integers(2**32)))
    size = truth.shape[:2]
    mask = brush_stroke_mask(size, brush_width=(low, high), rng=rng)
    return mask[..., 0] > 0
