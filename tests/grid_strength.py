"""How visible a grid of 8 pixels is, the latent grid of the networks."""

import cv2
import numpy as np

PERIOD = 8
# Bins beside a frequency that stand for what belongs to the image there.
NEAR = (-5, -4, -3, -2, 2, 3, 4, 5)


def grid_strength(image: np.ndarray) -> float:
    """Power at the frequencies of the grid over that of their neighbours.

    White noise of one grey level is added to the neighbours: a grid below it
    cannot be seen. 2 is a grid of less than two grey levels on a smooth image.

    Args:
        image: uint8 RGB (H, W, 3), at least 128 pixels a side.

    Returns:
        The largest one of both directions and the first three harmonics.
    """
    strengths = []
    for lines in _both_ways(image):
        size = lines.shape[1] // PERIOD * PERIOD
        window = np.hanning(size)
        fine = (lines - cv2.GaussianBlur(lines, (0, 0), 4))[:, :size]
        power = (np.abs(np.fft.rfft(fine * window)) ** 2).mean(0)
        noise = (window**2).sum()
        for harmonic in (1, 2, 3):
            k = harmonic * size // PERIOD
            near = np.mean([power[k + step] for step in NEAR])
            strengths.append(power[k] / (near + noise))
    return max(strengths)


def block_strength(image: np.ndarray) -> float:
    """Mean step between blocks over the mean step inside of them.

    Args:
        image: As above.

    Returns:
        The larger one of both directions; half a grey level is added to the
        steps inside, as smaller ones cannot be seen.
    """
    strengths = []
    for lines in _both_ways(image):
        steps = np.abs(np.diff(lines)).mean(0)
        between = np.arange(1, len(steps) + 1) % PERIOD == 0
        inside = steps[~between].mean() + 0.5
        strengths.append(steps[between].mean() / inside)
    return max(strengths)


def _both_ways(image):
    luma = image @ np.array([0.299, 0.587, 0.114])
    return luma, luma.T.copy()
