"""One damage at a time, for networks that undo several kinds of it.

Each is drawn as data, then applied. The tasks are those of VarFormer (Wang
and Zhao, CVPR 2025), made from any photograph in place of its paired sets.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from .blur import MIRROR, GaussianBlur
from .jpeg import JPEGCompression
from .noise import COLOR, GaussianNoise

Degradation = Callable[[np.ndarray, np.random.Generator], np.ndarray]


@dataclass(frozen=True)
class MotionBlur:
    """Blur along a straight line.

    Attributes:
        length: Length of the line in pixels.
        angle: Its direction in radians, from +x towards +y (downwards).
    """

    length: float
    angle: float

    def __call__(
        self, image: np.ndarray, rng: np.random.Generator
    ) -> np.ndarray:
        """Blur a float32 image in [0, 1], mirrored at its borders."""
        blurred = cv2.filter2D(image, -1, self.kernel(), borderType=MIRROR)
        # Large kernels are applied by Fourier transform, with its rounding.
        return np.clip(blurred, 0, 1, out=blurred)

    def kernel(self) -> np.ndarray:
        """float64, square, of an odd side, summing to 1."""
        radius = math.ceil(self.length / 2)
        kernel = np.zeros((2 * radius + 1,) * 2)
        # Points on the line, each shared out to the four pixels around it.
        place = np.linspace(-0.5, 0.5, 8 * radius + 1) * self.length
        x = radius + place * math.cos(self.angle)
        y = radius + place * math.sin(self.angle)
        left, top = np.floor(x).astype(int), np.floor(y).astype(int)
        for i in (0, 1):
            for j in (0, 1):
                share = abs(1 - j - (x - left)) * abs(1 - i - (y - top))
                # Beyond the last pixel the share is 0.
                rows = np.minimum(top + i, 2 * radius)
                columns = np.minimum(left + j, 2 * radius)
                np.add.at(kernel, (rows, columns), share)
        return kernel / kernel.sum()


@dataclass(frozen=True)
class Rain:
    """Bright streaks of one direction.

    Attributes:
        density: Share of the pixels where a streak begins.
        streak: What a drop looks like.
        brightness: Of the brightest streak.
    """

    density: float
    streak: MotionBlur
    brightness: float

    def __call__(
        self, image: np.ndarray, rng: np.random.Generator
    ) -> np.ndarray:
        """Add to a float32 RGB image (H, W, 3); clipped to [0, 1]."""
        drops = rng.random(image.shape[:2], np.float32)
        drops = np.maximum(drops - (1 - self.density), 0) / self.density
        streaks = self.streak(drops, rng)
        streaks *= self.brightness / max(streaks.max(), 1e-6)
        return np.clip(image + streaks[..., None], 0, 1)


@dataclass(frozen=True)
class Haze:
    """Scattered light, the more of it the farther away.

    An image J becomes J t + A (1 - t) with t = exp(-thickness * depth).

    Attributes:
        thickness: At depth 1, the farthest.
        light: Airlight A in [0, 1].
    """

    thickness: float
    light: float

    def __call__(
        self, image: np.ndarray, rng: np.random.Generator
    ) -> np.ndarray:
        """Apply to a float32 RGB image (H, W, 3) in [0, 1]."""
        t = np.exp(-self.thickness * depth_like(image.shape[:2], rng))
        return image * t[..., None] + self.light * (1 - t[..., None])


def depth_like(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Smooth field that mostly falls from the top to the bottom.

    float32 (H, W), from 0 to 1.
    """
    height, width = shape
    coarse = rng.random((4, 4)).astype(np.float32)
    hills = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    slope = np.linspace(1, 0, height, dtype=np.float32)[:, None]
    depth = slope + 0.7 * hills
    return (depth - depth.min()) / max(np.ptp(depth), 1e-6)


@dataclass(frozen=True)
class LowLight:
    """A dark exposure and the noise of a sensor that gets little light.

    Attributes:
        gamma: Exponent of the values.
        gain: Factor behind it.
        read_noise: Standard deviation where it is black.
        shot_noise: What the variance grows by from black to white.
    """

    gamma: float
    gain: float
    read_noise: float
    shot_noise: float

    def __call__(
        self, image: np.ndarray, rng: np.random.Generator
    ) -> np.ndarray:
        """Apply to a float32 RGB image (H, W, 3) in [0, 1]; clipped."""
        dark = self.gain * np.clip(image, 0, 1) ** np.float32(self.gamma)
        deviation = np.sqrt(self.read_noise**2 + self.shot_noise * dark)
        noise = rng.standard_normal(image.shape, np.float32)
        return np.clip(dark + deviation * noise, 0, 1, dtype=np.float32)


def _noise(rng):
    return GaussianNoise(COLOR, np.eye(3) * rng.uniform(15, 50) / 255)


def _gaussian_blur(rng):
    sigma = rng.uniform(1, 3)
    return GaussianBlur(2 * math.ceil(3 * sigma) + 1, sigma)


def _motion_blur(rng):
    return MotionBlur(rng.uniform(7, 21), rng.uniform(0, math.pi))


def _jpeg(rng):
    return JPEGCompression(int(rng.integers(10, 40, endpoint=True)))


def _rain(rng):
    angle = math.pi / 2 + rng.uniform(-0.5, 0.5)
    streak = MotionBlur(rng.uniform(9, 25), angle)
    return Rain(rng.uniform(0.005, 0.03), streak, rng.uniform(0.4, 0.8))


def _haze(rng):
    return Haze(rng.uniform(0.8, 2.5), rng.uniform(0.75, 1))


def _low_light(rng):
    return LowLight(
        gamma=rng.uniform(1.5, 2.5),
        gain=rng.uniform(0.2, 0.6),
        read_noise=rng.uniform(1, 6) / 255,
        shot_noise=rng.uniform(0, 4e-4),
    )


TASKS: dict[str, Callable[[np.random.Generator], Degradation]] = {
    'noise': _noise,
    'gaussian_blur': _gaussian_blur,
    'motion_blur': _motion_blur,
    'jpeg': _jpeg,
    'rain': _rain,
    'haze': _haze,
    'low_light': _low_light,
}
