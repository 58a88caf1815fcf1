"""JPEG compression."""

from dataclasses import dataclass

import cv2
import numpy as np

from .settings import BSRGANSettings


@dataclass(frozen=True)
class JPEGCompression:
    """Compress by OpenCV's JPEG encoder and decode again.

    Attributes:
        quality: OpenCV's JPEG quality, 0 to 100; chroma is subsampled (4:2:0)
            as OpenCV does by default.
    """

    quality: int

    def __call__(
        self, image: np.ndarray, rng: np.random.Generator
    ) -> np.ndarray:
        """Compress a float32 RGB image (H, W, 3) in [0, 1].

        Returns:
            float32 RGB (H, W, 3), whole multiples of 1 / 255.
        """
        # Rounds halves to even and saturates.
        pixels = cv2.multiply(
            image.reshape(len(image), -1), 255.0, dtype=cv2.CV_8U
        ).reshape(image.shape)
        _, data = cv2.imencode(
            '.jpg',
            cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR),
            [cv2.IMWRITE_JPEG_QUALITY, self.quality],
        )
        pixels = cv2.imdecode(data, cv2.IMREAD_COLOR)
        pixels = cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)
        return pixels / np.float32(255)


def draw_jpeg(
    rng: np.random.Generator, settings: BSRGANSettings
) -> JPEGCompression:
    """Draw the quality."""
    low, high = settings.jpeg_quality
    return JPEGCompression(int(rng.integers(low, high, endpoint=True)))
