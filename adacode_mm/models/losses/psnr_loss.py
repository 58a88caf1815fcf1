"""Mean squared error on a logarithmic scale."""

import math

import torch
from torch import Tensor, nn

from adacode_mm.models.structures import CodebookOutput
from adacode_mm.registry import MODELS


@MODELS.register_module()
class NegativePSNRLoss(nn.Module):
    """Minus the PSNR of each image in dB, up to a constant: its mean.

    It equals MMagic's `PSNRLoss` on values of another range, and is called
    as the losses on codes are, beside a pixel loss.

    Args:
        value_range: Factor on images in [0, 1] before they are compared.
        loss_weight: Factor of the value.
    """

    needs_prior = False
    target = 'gt'

    def __init__(self, value_range: float = 1.0, loss_weight: float = 1.0):
        super().__init__()
        self.value_range = value_range
        self.loss_weight = loss_weight

    def forward(self, out: CodebookOutput, gt: Tensor) -> Tensor:
        """Scalar: (10 / ln 10) * mean of ln(MSE + 1e-8).

        Args:
            out: Output whose `image` is (B, 3, H, W).
            gt: Ground truth (B, 3, H, W) in [0, 1].
        """
        error = self.value_range * (out.image.to(gt) - gt)
        mse = error.square().mean((1, 2, 3))
        decibels = 10 / math.log(10) * torch.log(mse + 1e-8)
        return self.loss_weight * decibels.mean()
