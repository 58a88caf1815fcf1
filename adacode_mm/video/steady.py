"""Frames that do not flicker: they follow the motion."""

import cv2
import numpy as np

STRENGTH = 0.7  # share of the frame before
# Pixels of the input by which the flows there and back may disagree.
DISAGREEMENT = 1.2
# Grey levels by which the warped frame before may differ from this one.
DIFFERENCE = 25.0
WINDOW = 5  # pixels over which that difference is averaged


class Steady:
    """Blends each restored frame with the one before, moved to its place.

    The one before is moved along the optical flow between the inputs
    (Kroeger et al., "Fast optical flow using dense inverse search", ECCV
    2016; OpenCV's). It counts where the flows of both directions agree and
    the inputs look alike: not where something was hidden, nor after a cut.

    Args:
        strength: Share of the frame before, 0 to 1, where it counts fully.
    """

    def __init__(self, strength: float = STRENGTH):
        self._strength = strength
        self._flow = cv2.DISOpticalFlow_create(
            cv2.DISOPTICAL_FLOW_PRESET_MEDIUM
        )
        self._given: np.ndarray | None = None  # grey, 0..255
        self._result: np.ndarray | None = None  # float32, 0..1

    def __call__(self, given: np.ndarray, restored: np.ndarray) -> np.ndarray:
        """The next frame.

        Args:
            given: Input (H, W, 3), RGB, uint8 or uint16.
            restored: What the network makes of it, `s` times as large.

        Returns:
            As `restored`.
        """
        largest = np.iinfo(restored.dtype).max
        result = restored.astype(np.float32) / largest
        gray = cv2.cvtColor(given, cv2.COLOR_RGB2GRAY)
        gray = np.uint8(gray // 257 if gray.dtype == np.uint16 else gray)
        if self._given is not None and self._given.shape == gray.shape:
            trust, places = self._follow(gray, *restored.shape[:2])
            before = _warped(self._result, places, cv2.INTER_LANCZOS4)
            result += trust[..., None] * (before - result)
        self._given, self._result = gray, result
        return np.rint(result.clip(0, 1) * largest).astype(restored.dtype)

    def _follow(self, gray, height, width):
        """How far the frame before is to be trusted, and where it was."""
        back = self._flow.calc(gray, self._given, None)
        forth = self._flow.calc(self._given, gray, None)
        there = _grid(*gray.shape) + back
        returned = _warped(forth, there, cv2.INTER_LINEAR)
        astray = np.linalg.norm(back + returned, axis=2)
        unlike = _warped(self._given, there, cv2.INTER_LINEAR)
        unlike = np.abs(unlike.astype(np.float32) - gray)
        unlike = cv2.blur(unlike, (WINDOW, WINDOW))
        last = np.array(gray.shape[::-1]) - 1
        inside = ((there >= 0) & (there <= last)).all(2)
        trust = inside * np.exp(
            -((astray / DISAGREEMENT) ** 2) - (unlike / DIFFERENCE) ** 2
        )
        size = width, height
        large = cv2.resize(back, size) * (np.array(size) / gray.shape[::-1])
        trust = cv2.resize(self._strength * trust.astype(np.float32), size)
        return trust, _grid(height, width) + large.astype(np.float32)


def _grid(height, width):
    y, x = np.mgrid[:height, :width].astype(np.float32)
    return np.stack([x, y], -1)


def _warped(image, places, interpolation):
    return cv2.remap(
        image, places, None, interpolation, None, cv2.BORDER_REPLICATE
    )
