"""Structural similarity, pixel by pixel.

Wang et al., "Image quality assessment: from error visibility to structural
similarity", TIP 2004: an 11x11 Gaussian window with a deviation of 1.5.
"""

import cv2
import numpy as np

RADIUS = 5
_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2


def ssim_map(
    x: np.ndarray, y: np.ndarray, nonnegative: bool = False
) -> np.ndarray:
    """SSIM at every pixel whose window lies within the image.

    Its mean is MMagic's SSIM, in a third of the time: the window is applied
    row by row, then column by column.

    Args:
        x: Image (H, W) or (H, W, C) in 0..255, at least 11 pixels a side.
        y: Image of the same shape.
        nonnegative: Whether the product of contrast and structure ends at 0,
            as in pyiqa, which the paper's evaluation uses.

    Returns:
        Array (H - 10, W - 10) or (H - 10, W - 10, C), at most 1.
    """
    kernel = cv2.getGaussianKernel(2 * RADIUS + 1, 1.5)

    def mean(image):
        blurred = cv2.sepFilter2D(image, -1, kernel, kernel)
        return blurred[RADIUS:-RADIUS, RADIUS:-RADIUS]

    x, y = x.astype(np.float64), y.astype(np.float64)
    mean_x, mean_y = mean(x), mean(y)
    var_x = mean(x * x) - mean_x**2
    var_y = mean(y * y) - mean_y**2
    cov = mean(x * y) - mean_x * mean_y
    contrast = (2 * cov + _C2) / (var_x + var_y + _C2)
    luminance = (2 * mean_x * mean_y + _C1) / (mean_x**2 + mean_y**2 + _C1)
    return luminance * (contrast.clip(min=0) if nonnegative else contrast)


def protocol_ssim_map(
    gt: np.ndarray, pred: np.ndarray, color: str
) -> np.ndarray:
    """SSIM map of two planes of a protocol.

    Args:
        gt: Plane of the ground truth, as from `planes`.
        pred: That of the prediction.
        color: As in `Protocol`.
    """
    if color == 'YIQ':
        return ssim_map(gt.round(), pred.round(), nonnegative=True)
    return ssim_map(gt, pred)
