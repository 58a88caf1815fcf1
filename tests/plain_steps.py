"""The steps written down plainly, with SciPy and the release's double loop.

Not the release's code, but its way to compute: a kernel pixel by pixel from
SciPy's normal density, SciPy's mirrored convolution, MATLAB-like resizing. The
yardstick for speed (`python -m benchmarks.degradation`) and
for values (the tests): the numbers of a step are the same, only the way to
compute it differs. Nothing else uses this.
"""

from functools import singledispatch

import numpy as np
from mmagic.datasets.transforms import MATLABLikeResize
from scipy.interpolate import RectBivariateSpline
from scipy.ndimage import convolve
from scipy.stats import multivariate_normal

from adacode_mm.data.transforms.degradations.blur import (
    AnisotropicGaussianBlur,
    GaussianBlur,
)
from adacode_mm.data.transforms.degradations.bsrgan import Step
from adacode_mm.data.transforms.degradations.noise import (
    CORRELATED,
    GRAY,
    GaussianNoise,
)
from adacode_mm.data.transforms.degradations.resizing import (
    BicubicHalving,
    BlurredSubsampling,
)


@singledispatch
def apply_plainly(
    step: Step, image: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Do what a step does, slowly.

    Args:
        step: A step of the plain BSRGAN chain.
        image: float32 RGB (H, W, 3) in [0, 1].
        rng: Source of noise fields.

    Returns:
        float32 RGB. OpenCV's own resizing and JPEG are the same here as in
        the release, and are called as they are.
    """
    return step(image, rng)


@apply_plainly.register
def _(step: GaussianBlur, image, rng):
    kernel = _gaussian(step.size, step.sigma)
    return convolve(image, kernel[..., None], mode='mirror')


@apply_plainly.register
def _(step: AnisotropicGaussianBlur, image, rng):
    kernel = _anisotropic_gaussian(step.size, step.angle, step.eigenvalues)
    return convolve(image, kernel[..., None], mode='mirror')


@apply_plainly.register
def _(step: BlurredSubsampling, image, rng):
    kernel = _gaussian(step.size, step.sigma)
    position = np.arange(step.size)
    shifted = position + (step.scale - 1) / 2
    shifted = np.clip(shifted, 0, step.size - 1)
    kernel = RectBivariateSpline(position, position, kernel, kx=1, ky=1)(
        shifted, shifted
    )
    kernel /= kernel.sum()
    image = convolve(image, kernel[..., None], mode='mirror')
    return np.clip(image[:: step.scale, :: step.scale], 0, 1)


@apply_plainly.register
def _(step: BicubicHalving, image, rng):
    resize = MATLABLikeResize(keys=['image'], scale=0.5)
    image = resize.transform({'image': image})['image']
    return np.clip(image, 0, 1).astype(np.float32)


@apply_plainly.register
def _(step: GaussianNoise, image, rng):
    if step.kind == CORRELATED:
        noise = rng.multivariate_normal(
            np.zeros(3), step.covariance, image.shape[:2]
        )
    else:
        channels = 1 if step.kind == GRAY else 3
        sigma = step.covariance[0, 0] ** 0.5
        noise = rng.normal(0, sigma, (*image.shape[:2], channels))
    return np.clip(image + noise.astype(np.float32), 0, 1)


def _gaussian(size, sigma):
    x = np.arange(size) - size // 2
    kernel = np.exp(-(x**2 + x[:, None] ** 2) / (2 * sigma**2))
    return kernel / kernel.sum()


def _anisotropic_gaussian(size, angle, eigenvalues):
    axes = np.array(
        [[np.cos(angle), np.sin(angle)], [np.sin(angle), -np.cos(angle)]]
    )
    covariance = axes @ np.diag(eigenvalues) @ axes.T
    middle = size // 2
    kernel = np.empty((size, size))
    for y in range(size):
        for x in range(size):
            kernel[y, x] = multivariate_normal.pdf(
                [x - middle, y - middle], mean=[0, 0], cov=covariance
            )
    return kernel / kernel.sum()
