"""Downsampling: MATLAB-like, by OpenCV, or by blurring and subsampling."""

from dataclasses import dataclass

import cv2
import numpy as np

from .blur import MIRROR
from .kernels import shifted_gaussian_taps
from .settings import BSRGANSettings

INTERPOLATIONS = (cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_AREA)

# MATLAB's `imresize(image, 1 / 2)`: the cubic kernel (a = -1/2), stretched by
# 2, at the distances 0.5, 1.5, 2.5 and 3.5 on both sides.
HALVING_TAPS = np.array([-3, -9, 29, 111, 111, 29, -9, -3]) / 256


@dataclass(frozen=True)
class BicubicHalving:
    """Halve as MATLAB's antialiased bicubic `imresize` does."""

    def __call__(
        self, image: np.ndarray, rng: np.random.Generator
    ) -> np.ndarray:
        """Halve a float32 image of even size; clipped to [0, 1]."""
        # Output pixel n lies between 2 n and 2 n + 1: taps 2 n - 3 to 2 n + 4.
        smooth = cv2.sepFilter2D(
            image,
            -1,
            HALVING_TAPS,
            HALVING_TAPS,
            anchor=(3, 3),
            borderType=cv2.BORDER_REFLECT,
        )
        return np.clip(smooth[::2, ::2], 0, 1)


@dataclass(frozen=True)
class Resize:
    """Resize to a size by OpenCV.

    Attributes:
        size: Width and height of the result.
        interpolation: One of OpenCV's `INTER_...`.
    """

    size: tuple[int, int]
    interpolation: int

    def __call__(
        self, image: np.ndarray, rng: np.random.Generator
    ) -> np.ndarray:
        """Resize a float32 image; clipped to [0, 1]."""
        image = cv2.resize(image, self.size, interpolation=self.interpolation)
        return np.clip(image, 0, 1)


@dataclass(frozen=True)
class Rescale:
    """Resize by a factor by OpenCV.

    Attributes:
        factor: New size over old size; sizes are rounded down, to no less
            than one pixel.
        interpolation: One of OpenCV's `INTER_...`.
    """

    factor: float
    interpolation: int

    def __call__(
        self, image: np.ndarray, rng: np.random.Generator
    ) -> np.ndarray:
        """Resize a float32 image; clipped to [0, 1]."""
        height, width = (max(1, int(self.factor * n)) for n in image.shape[:2])
        return Resize((width, height), self.interpolation)(image, rng)


@dataclass(frozen=True)
class BlurredSubsampling:
    """Blur by a Gaussian that sits on each block's middle; subsample.

    Attributes:
        scale: Downsampling factor.
        sigma: Standard deviation of the Gaussian in pixels.
        size: Side of the kernel in pixels, odd.
    """

    scale: int
    sigma: float
    size: int

    def __call__(
        self, image: np.ndarray, rng: np.random.Generator
    ) -> np.ndarray:
        """Downsample a float32 image to ceil(size / scale); clipped."""
        taps = shifted_gaussian_taps(self.size, self.sigma, self.scale)
        taps = taps[::-1]  # OpenCV correlates
        image = cv2.sepFilter2D(image, -1, taps, taps, borderType=MIRROR)
        return np.clip(image[:: self.scale, :: self.scale], 0, 1)


def draw_interpolation(rng: np.random.Generator) -> int:
    """Bilinear, bicubic or area, all as likely."""
    return INTERPOLATIONS[rng.integers(len(INTERPOLATIONS))]


def draw_halving(
    rng: np.random.Generator, settings: BSRGANSettings
) -> BicubicHalving | Rescale:
    """Draw how the image is halved before everything else at x4."""
    if rng.random() < settings.cubic_halving_prob:
        return BicubicHalving()
    return Rescale(0.5, draw_interpolation(rng))


def draw_first_downsampling(
    scale: int, rng: np.random.Generator, settings: BSRGANSettings
) -> Rescale | BlurredSubsampling:
    """Draw the first downsampling, whose factor is not `scale` as a rule."""
    if rng.random() < settings.resize_prob:
        factor = rng.uniform(1, 2 * scale)
        return Rescale(1 / factor, draw_interpolation(rng))
    low, slope = settings.subsample_sigma
    sigma = rng.uniform(low, slope * scale)
    return BlurredSubsampling(scale, sigma, settings.subsample_size)
