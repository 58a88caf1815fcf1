"""A linear layer that CPUs with a slow matrix library run faster."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class PixelLinear(nn.Linear):
    """`nn.Linear`, on the CPU computed as a 1x1 convolution.

    PyTorch sends matrix products to MKL, which has no fast path for AMD
    processors, and convolutions to oneDNN, which has one: in training steps
    that are large enough for it to matter, the layers of the Swin blocks take
    half the time. Elsewhere, both are alike. Values are equal but for the
    order of the summation.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Map (..., C_in) to (..., C_out)."""
        if x.device.type != 'cpu' or torch.jit.is_tracing():
            return super().forward(x)
        # All positions are the rows of one image in channels-last order:
        # nothing is copied.
        rows = x.reshape(1, -1, 1, self.in_features).permute(0, 3, 1, 2)
        y = F.conv2d(rows, self.weight[:, :, None, None], self.bias)
        y = y.permute(0, 2, 3, 1)
        return y.reshape(*x.shape[:-1], self.out_features)
