"""Bicubic enlargement by a whole factor, as the SR benchmarks do it.

Keys, "Cubic convolution interpolation for digital image processing", IEEE
TASSP 1981, with a = -0.5 as in MATLAB's `imresize`; `torch`'s own has -0.75.
"""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

_A = -0.5
# Four taps of each output pixel lie within five input pixels.
_TAPS = 5


class BicubicUpscale(nn.Module):
    """Enlarges images by convolutions with fixed kernels.

    Borders are replicated. With `scale` 1 images stay as they are.

    Args:
        scale: Whole factor.
    """

    def __init__(self, scale: int):
        super().__init__()
        self.scale = scale
        # Computed, so not in checkpoints.
        self.register_buffer('kernels', _kernels(scale), persistent=False)

    def forward(self, image: Tensor) -> Tensor:
        """Map (B, 3, H, W) to (B, 3, scale * H, scale * W)."""
        if self.scale == 1:
            return image
        margin = _TAPS // 2
        padded = F.pad(image, (margin,) * 4, mode='replicate')
        phases = F.conv2d(padded, self.kernels.to(image), groups=3)
        return F.pixel_shuffle(phases, self.scale)


def _kernels(scale):
    """(3 * scale ** 2, 1, 5, 5): one per colour and position in a pixel.

    In NumPy: on the meta device PyTorch imports its compiler for sums.
    """
    position = (np.arange(scale) + 0.5) / scale - 0.5
    taps = np.arange(_TAPS) - _TAPS // 2
    weights = _cubic(np.abs(position[:, None] - taps))
    weights /= weights.sum(1, keepdims=True)
    kernels = np.einsum('py,qx->pqyx', weights, weights)
    kernels = kernels.reshape(-1, 1, _TAPS, _TAPS).astype(np.float32)
    return torch.from_numpy(np.tile(kernels, (3, 1, 1, 1)))


def _cubic(x):
    near = (_A + 2) * x**3 - (_A + 3) * x**2 + 1
    far = _A * (x**3 - 5 * x**2 + 8 * x - 4)
    return np.where(x <= 1, near, np.where(x < 2, far, 0.0))
