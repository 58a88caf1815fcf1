"""Gaussian noise, and that of the "plus" chain: Poisson and speckle."""

from dataclasses import dataclass

import cv2
import numpy as np

from .settings import BSRGANPlusSettings, BSRGANSettings

COLOR, GRAY, CORRELATED = 'color', 'gray', 'correlated'


@dataclass(frozen=True)
class GaussianNoise:
    """Add Gaussian noise.

    Attributes:
        kind: 'color' (independent in each channel), 'gray' (the same in all)
            or 'correlated'.
        factor: (3, 3), or (1, 1) for gray noise: times standard normal
            numbers it gives the noise; factor factor^T is the covariance of
            R, G and B.
    """

    kind: str
    factor: np.ndarray

    @property
    def covariance(self) -> np.ndarray:
        """Covariance of R, G and B, (3, 3)."""
        covariance = self.factor @ self.factor.T
        return np.broadcast_to(covariance, (3, 3))

    def __call__(
        self, image: np.ndarray, rng: np.random.Generator
    ) -> np.ndarray:
        """Add to a float32 RGB image (H, W, 3); clipped to [0, 1]."""
        noise = self.field(image.shape, rng)
        noise += image
        return np.clip(noise, 0, 1, out=noise)

    def field(
        self, shape: tuple[int, ...], rng: np.random.Generator
    ) -> np.ndarray:
        """The noise alone, float32 (H, W, 3)."""
        channels = len(self.factor)
        noise = rng.standard_normal((*shape[:2], channels), np.float32)
        if self.kind == CORRELATED:
            return cv2.transform(noise, self.factor.astype(np.float32))
        noise *= self.factor[0, 0].astype(np.float32)
        return (
            cv2.cvtColor(noise, cv2.COLOR_GRAY2RGB) if channels == 1 else noise
        )


@dataclass(frozen=True)
class SpeckleNoise:
    """Multiply by 1 plus Gaussian noise.

    Attributes:
        gaussian: The noise.
    """

    gaussian: GaussianNoise

    def __call__(
        self, image: np.ndarray, rng: np.random.Generator
    ) -> np.ndarray:
        """Apply to a float32 RGB image (H, W, 3); clipped to [0, 1]."""
        noise = self.gaussian.field(image.shape, rng)
        noise += 1
        noise *= image
        return np.clip(noise, 0, 1, out=noise)


@dataclass(frozen=True)
class PoissonNoise:
    """Shot noise: the variance grows with the brightness.

    Attributes:
        peak: Mean number of photons in a white pixel.
        gray: Add the noise of the gray image to all channels.
    """

    peak: float
    gray: bool

    def __call__(
        self, image: np.ndarray, rng: np.random.Generator
    ) -> np.ndarray:
        """Apply to a float32 RGB image (H, W, 3); clipped to [0, 1]."""
        image = np.clip(image, 0, 1)
        if not self.gray:
            photons = rng.poisson(image * self.peak)
            return np.clip(photons / self.peak, 0, 1).astype(np.float32)
        gray = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)[..., None]
        noise = rng.poisson(gray * self.peak) / self.peak - gray
        return np.clip(image + noise, 0, 1).astype(np.float32)


def draw_gaussian_noise(
    rng: np.random.Generator, settings: BSRGANSettings
) -> GaussianNoise:
    """Draw one of the three kinds, and its level.

    The correlated kind ignores the level that was drawn, as the release
    does, and always starts from the highest one.
    """
    level = int(rng.integers(*settings.noise_level, endpoint=True)) / 255
    kind = rng.random()
    if kind < settings.gray_noise_prob:
        return GaussianNoise(GRAY, np.array([[level]]))
    if kind > 1 - settings.color_noise_prob:
        return GaussianNoise(COLOR, level * np.eye(3))
    highest = settings.noise_level[1] / 255
    return GaussianNoise(CORRELATED, highest * draw_color_factor(rng))


def draw_color_factor(rng: np.random.Generator) -> np.ndarray:
    """Factor of a random covariance between colours.

    The covariance is the element-wise absolute value of U^T D U, where D has
    uniform random numbers in [0, 1] on its diagonal and U is an orthogonal
    basis of a uniform random matrix. The absolute value keeps it positive
    semi-definite: of three colours it can only raise the determinant.

    Returns:
        float64 (3, 3), F with F F^T the covariance.
    """
    diagonal = rng.random(3)
    basis = np.linalg.svd(rng.random((3, 3)))[0]
    covariance = np.abs(basis.T * diagonal @ basis)
    values, vectors = np.linalg.eigh(covariance)
    # Rounding can take the smallest below 0.
    return vectors * np.sqrt(np.maximum(values, 0))


def draw_poisson_noise(
    rng: np.random.Generator, settings: BSRGANPlusSettings
) -> PoissonNoise:
    """Draw the number of photons, and whether colours share the noise."""
    peak = 10 ** rng.uniform(*settings.poisson_exponent)
    return PoissonNoise(peak, rng.random() < settings.gray_poisson_prob)
