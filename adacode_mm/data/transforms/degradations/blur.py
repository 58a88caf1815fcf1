"""Blur by random Gaussians."""

from dataclasses import dataclass

import cv2
import numpy as np

from .kernels import anisotropic_gaussian, gaussian_taps
from .settings import BSRGANSettings

# What SciPy calls 'mirror': dcb|abcd|cba.
MIRROR = cv2.BORDER_REFLECT_101


@dataclass(frozen=True)
class GaussianBlur:
    """Isotropic blur.

    Attributes:
        size: Side of the kernel in pixels, odd.
        sigma: Standard deviation in pixels.
    """

    size: int
    sigma: float

    def __call__(
        self, image: np.ndarray, rng: np.random.Generator
    ) -> np.ndarray:
        """Blur a float32 image (H, W, 3), mirrored at its borders."""
        taps = gaussian_taps(self.size, self.sigma)
        return cv2.sepFilter2D(image, -1, taps, taps, borderType=MIRROR)


@dataclass(frozen=True)
class AnisotropicGaussianBlur:
    """Blur along a direction more than across it.

    Attributes:
        size: Side of the kernel in pixels, odd.
        angle: Direction of the first axis in radians.
        eigenvalues: Of the kernel's covariance, in square pixels.
    """

    size: int
    angle: float
    eigenvalues: tuple[float, float]

    def __call__(
        self, image: np.ndarray, rng: np.random.Generator
    ) -> np.ndarray:
        """Blur a float32 image (H, W, 3), mirrored at its borders."""
        kernel = anisotropic_gaussian(self.size, self.angle, self.eigenvalues)
        # OpenCV correlates; the kernel is symmetric, so this convolves.
        return cv2.filter2D(image, -1, kernel, borderType=MIRROR)


def draw_blur(
    scale: int, rng: np.random.Generator, settings: BSRGANSettings
) -> GaussianBlur | AnisotropicGaussianBlur:
    """Draw one of the two kinds; a larger `scale` gets a wider blur."""
    size = 2 * int(rng.integers(*settings.kernel_radius, endpoint=True)) + 1
    if rng.random() < settings.anisotropic_prob:
        base, slope = settings.max_eigenvalue
        first, second = (base + slope * scale) * rng.random(2)
        angle = np.pi * rng.random()
        return AnisotropicGaussianBlur(
            size, float(angle), (float(first), float(second))
        )
    base, slope = settings.max_sigma
    return GaussianBlur(size, float((base + slope * scale) * rng.random()))
