"""The BSRGAN degradation: a high-quality image to a realistic bad one.

Zhang et al., "Designing a Practical Degradation Model for Deep Blind Image
Super-Resolution", ICCV 2021, section 3, with the numbers that AdaCode's
release (Liu et al., ICCV 2023) trains with.
"""

from collections.abc import Callable

import numpy as np

from adacode_mm.core.exceptions import InputError

from .blur import draw_blur
from .jpeg import draw_jpeg
from .noise import draw_gaussian_noise
from .resizing import (
    Resize,
    draw_first_downsampling,
    draw_halving,
    draw_interpolation,
)
from .settings import BSRGANSettings

# One step: (image, rng) -> image, both float32 RGB (H, W, 3) around [0, 1].
# Its numbers were drawn before; `rng` is for noise fields.
Step = Callable[[np.ndarray, np.random.Generator], np.ndarray]

SETTINGS = BSRGANSettings()

# The steps that are shuffled. The second downsampling, to the final size,
# has to come after the first. Camera noise needs a trained model of a
# camera's image signal processor; the release passes none, so that nothing
# happens.
SHUFFLED = (
    'blur',
    'blur',
    'first_downsampling',
    'second_downsampling',
    'noise',
    'jpeg',
    'camera_noise',
)
FIRST = SHUFFLED.index('first_downsampling')
SECOND = SHUFFLED.index('second_downsampling')


def draw_order(rng: np.random.Generator) -> list[str]:
    """Draw the order of the seven shuffled steps.

    Where the second downsampling comes before the first, both change places.
    """
    order = rng.permutation(len(SHUFFLED)).tolist()
    first, second = order.index(FIRST), order.index(SECOND)
    if first > second:
        order[first], order[second] = SECOND, FIRST
    return [SHUFFLED[n] for n in order]


def draw_bsrgan(
    shape: tuple[int, ...],
    scale: int,
    rng: np.random.Generator,
    settings: BSRGANSettings = SETTINGS,
) -> list[Step]:
    """Draw the steps for one image, and all their numbers but noise fields.

    Args:
        shape: Height and width of the image, multiples of `scale`.
        scale: Downsampling factor; at 4 the image may be halved first, and
            everything after that is drawn as for 2.
        rng: Source of all random numbers.
        settings: Probabilities and ranges.

    Returns:
        The steps in order, to be called one after the other. They are plain
        data, and say their numbers when they are printed.
    """
    height, width = shape[:2]
    steps = []
    if scale == 4 and rng.random() < settings.halving_prob:
        steps.append(draw_halving(rng, settings))
        scale, height, width = 2, height // 2, width // 2
    for name in draw_order(rng):
        if name == 'blur':
            steps.append(draw_blur(scale, rng, settings))
        elif name == 'first_downsampling':
            steps.append(draw_first_downsampling(scale, rng, settings))
        elif name == 'second_downsampling':
            size = (width // scale, height // scale)
            steps.append(Resize(size, draw_interpolation(rng)))
        elif name == 'noise':
            steps.append(draw_gaussian_noise(rng, settings))
        elif name == 'jpeg' and rng.random() < settings.jpeg_prob:
            steps.append(draw_jpeg(rng, settings))
    steps.append(draw_jpeg(rng, settings))
    return steps


def degrade_bsrgan(
    image: np.ndarray,
    scale: int,
    rng: np.random.Generator,
    settings: BSRGANSettings = SETTINGS,
) -> np.ndarray:
    """Degrade an image at random.

    Args:
        image: float32 RGB (H, W, 3) in [0, 1]. Rows and columns at the
            bottom and at the right beyond a multiple of `scale` are left out.
        scale: Downsampling factor.
        rng: Source of all random numbers; seeded alike, the result is the
            same.
        settings: Probabilities and ranges.

    Returns:
        float32 RGB (H // scale, W // scale, 3), whole multiples of 1 / 255
        in [0, 1], since the last step is JPEG.

    Raises:
        InputError: If the image has another type or is smaller than `scale`.
    """
    image = cropped_to_multiple(image, scale)
    return apply_steps(
        image, draw_bsrgan(image.shape, scale, rng, settings), rng
    )


def cropped_to_multiple(image: np.ndarray, scale: int) -> np.ndarray:
    """Check an image and crop its size to multiples of `scale`."""
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.float32:
        raise InputError(
            f'A degradation needs an RGB image, float32 (H, W, 3) in [0, 1], '
            f'got {image.dtype} of shape {image.shape}: load it in colour '
            f'and divide by 255.'
        )
    height, width = (n - n % scale for n in image.shape[:2])
    if not height or not width:
        raise InputError(
            f'An image of {image.shape[0]}x{image.shape[1]} pixels is too '
            f'small to be downsampled by {scale}: leave it out.'
        )
    return image[:height, :width]


def apply_steps(
    image: np.ndarray, steps: list[Step], rng: np.random.Generator
) -> np.ndarray:
    """Call steps one after the other; `image` itself stays as it is."""
    for step in steps:
        image = step(image, rng)
    return image
