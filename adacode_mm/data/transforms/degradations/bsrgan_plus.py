"""The "plus" variant of the BSRGAN degradation.

It puts the ideas of BSRGAN (shuffled steps) and of Real-ESRGAN (two rounds)
together, and is known from BSRGAN's public code; FeMaSR's synthetic test sets
were made with it. What is written down where:

- The kernels, noises, JPEG and interpolations, and that the order is random:
  BSRGAN's paper (Zhang et al., ICCV 2021), section 3.
- Two rounds of blur, resizing, noise and JPEG, resizing up, down or not at
  all, Poisson noise, and an unsharp-masked ground truth: Real-ESRGAN's paper
  (Wang et al., ICCV workshops 2021), section 3.
- How the two were put together, and the numbers in `BSRGANPlusSettings`: our
  reading of public descriptions. It has not been compared with the code, so
  do not take it for the same to the last number.
"""

import numpy as np
from mmagic.datasets.transforms import UnsharpMasking

from .blur import draw_blur
from .bsrgan import Step, apply_steps, cropped_to_multiple
from .jpeg import draw_jpeg
from .noise import SpeckleNoise, draw_gaussian_noise, draw_poisson_noise
from .resizing import Rescale, Resize, draw_interpolation
from .settings import BSRGANPlusSettings

SETTINGS = BSRGANPlusSettings()

NOISES = ('noise', 'poisson', 'speckle', 'camera_noise')
# Two rounds, of which only the first compresses; camera noise does nothing
# without a model of the camera, as in the plain chain.
FIXED = ('blur', 'rescale', *NOISES, 'jpeg', 'blur', 'rescale', *NOISES)
NOISE_ROUNDS = (slice(2, 6), slice(9, 13))

UNSHARP_RADIUS = 50
UNSHARP_WEIGHT = 0.5
UNSHARP_THRESHOLD = 10  # of 255


def draw_plus_order(
    rng: np.random.Generator, settings: BSRGANPlusSettings
) -> list[str]:
    """Draw the order of the thirteen steps.

    Either all are shuffled, or only the four noises of each round.
    """
    order = list(FIXED)
    if rng.random() < settings.shuffle_prob:
        parts = [slice(0, len(order))]
    else:
        parts = NOISE_ROUNDS
    for part in parts:
        names = order[part]
        order[part] = [names[n] for n in rng.permutation(len(names))]
    return order


def draw_rescale(
    scale: int, rng: np.random.Generator, settings: BSRGANPlusSettings
) -> Rescale:
    """Draw a factor: larger, smaller or the same size."""
    kind = rng.random()
    factor = 1.0
    if kind < settings.shrink_prob:
        factor = rng.uniform(0.5 / scale, 1)
    elif kind > 1 - settings.enlarge_prob:
        factor = rng.uniform(1, 2)
    return Rescale(factor, draw_interpolation(rng))


def draw_bsrgan_plus(
    shape: tuple[int, ...],
    scale: int,
    rng: np.random.Generator,
    settings: BSRGANPlusSettings = SETTINGS,
) -> list[Step]:
    """Draw the steps for one image, and all their numbers but noise fields.

    Args:
        shape: Height and width of the image, multiples of `scale`.
        scale: Downsampling factor.
        rng: Source of all random numbers.
        settings: Probabilities and ranges.

    Returns:
        The steps in order; the last two resize to the final size and
        compress.
    """
    steps = []
    for name in draw_plus_order(rng, settings):
        if name == 'blur':
            steps.append(draw_blur(scale, rng, settings))
        elif name == 'rescale':
            steps.append(draw_rescale(scale, rng, settings))
        elif name == 'noise':
            steps.append(draw_gaussian_noise(rng, settings))
        elif name == 'poisson' and rng.random() < settings.poisson_prob:
            steps.append(draw_poisson_noise(rng, settings))
        elif name == 'speckle' and rng.random() < settings.speckle_prob:
            steps.append(SpeckleNoise(draw_gaussian_noise(rng, settings)))
        elif name == 'jpeg':
            steps.append(draw_jpeg(rng, settings))
    size = (shape[1] // scale, shape[0] // scale)
    steps.append(Resize(size, draw_interpolation(rng)))
    steps.append(draw_jpeg(rng, settings))
    return steps


def degrade_bsrgan_plus(
    image: np.ndarray,
    scale: int,
    rng: np.random.Generator,
    settings: BSRGANPlusSettings = SETTINGS,
) -> np.ndarray:
    """Degrade an image at random by the "plus" chain.

    Args:
        image: float32 RGB (H, W, 3) in [0, 1]; :func:`unsharp_masked` first
            where the network shall learn to sharpen. Rows and columns at the
            bottom and at the right beyond a multiple of `scale` are left out.
        scale: Downsampling factor.
        rng: Source of all random numbers.
        settings: Probabilities and ranges.

    Returns:
        float32 RGB (H // scale, W // scale, 3), whole multiples of 1 / 255.

    Raises:
        InputError: If the image has another type or is smaller than `scale`.
    """
    image = cropped_to_multiple(image, scale)
    return apply_steps(
        image, draw_bsrgan_plus(image.shape, scale, rng, settings), rng
    )


def unsharp_masked(image: np.ndarray) -> np.ndarray:
    """Sharpen an image as Real-ESRGAN sharpens its ground truth.

    Args:
        image: float32 (H, W, 3) in [0, 1].

    Returns:
        float32 (H, W, 3) in [0, 1].
    """
    masking = UnsharpMasking(
        kernel_size=UNSHARP_RADIUS + 1,
        sigma=0,
        weight=UNSHARP_WEIGHT,
        threshold=UNSHARP_THRESHOLD,
        keys=['image'],
    )
    results = masking.transform({'image': image * 255})
    return np.clip(results['image_unsharp'] / np.float32(255), 0, 1)
