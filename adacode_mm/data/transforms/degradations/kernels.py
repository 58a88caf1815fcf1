"""Blur kernels of the BSRGAN degradation."""

import numpy as np

# Below these a Gaussian on the pixel grid is a single 1 already; they keep
# the exponents finite.
SMALLEST_SIGMA = 1e-3
SMALLEST_EIGENVALUE = 1e-6


def gaussian_taps(size: int, sigma: float) -> np.ndarray:
    """One axis of an isotropic Gaussian kernel, which is separable.

    Args:
        size: Number of taps, odd.
        sigma: Standard deviation in pixels.

    Returns:
        float64 (size,), summing to 1, its peak in the middle.
    """
    x = np.arange(size) - (size - 1) / 2
    taps = np.exp(-0.5 * (x / max(sigma, SMALLEST_SIGMA)) ** 2)
    return taps / taps.sum()


def shifted_gaussian_taps(size: int, sigma: float, scale: int) -> np.ndarray:
    """One axis of a Gaussian that is centred on a block of pixels.

    Keeping the first pixel of every `scale` takes the upper left one. The
    kernel is therefore moved by (scale - 1) / 2 pixels, to the middle of the
    block that an LQ pixel stands for; between taps it is interpolated
    linearly, beyond the last tap it is that tap.

    Args:
        size: Number of taps, odd.
        sigma: Standard deviation in pixels.
        scale: Downsampling factor.

    Returns:
        float64 (size,), summing to 1: taps of a *convolution*, the peak
        (scale - 1) / 2 before the middle.
    """
    taps = gaussian_taps(size, sigma)
    position = np.arange(size)
    taps = np.interp(position + (scale - 1) / 2, position, taps)
    return taps / taps.sum()


def anisotropic_gaussian(
    size: int, angle: float, eigenvalues: tuple[float, float]
) -> np.ndarray:
    """Gaussian kernel that is an ellipse.

    Args:
        size: Side of the kernel, odd.
        angle: Direction of the first axis in radians, from +x (to the right)
            towards +y (downwards).
        eigenvalues: Of the covariance, in square pixels: the variance along
            the first axis and across it.

    Returns:
        float64 (size, size), summing to 1; symmetric about its middle.
    """
    radius = (size - 1) / 2
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    along = np.cos(angle) * x + np.sin(angle) * y
    across = np.cos(angle) * y - np.sin(angle) * x
    first, second = (max(e, SMALLEST_EIGENVALUE) for e in eigenvalues)
    kernel = np.exp(-0.5 * (along**2 / first + across**2 / second))
    return kernel / kernel.sum()
