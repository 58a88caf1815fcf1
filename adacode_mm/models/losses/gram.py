"""Distance of Gram matrices.

The style term of AdaCode, Liu et al., ICCV 2023, eq. (8); Gram matrices as in
Gatys et al., "Image style transfer using convolutional neural networks", CVPR
2016.
"""

import torch.nn.functional as F
from torch import Tensor, nn

from adacode_mm.models.layers.full_precision import full_precision
from adacode_mm.models.structures import CodebookOutput
from adacode_mm.registry import MODELS

from .taps import check_tap, tapped_pairs


def gram_distance(x: Tensor, y: Tensor) -> Tensor:
    """Mean squared difference of the Gram matrices of `x` and `y`.

    The Gram matrix (C, C) of an image is divided by h * w, not by C, as in
    the released training code.

    Args:
        x: Features (B, C, h, w).
        y: Features (B, C, h', w').

    Returns:
        Scalar, the mean over B * C * C entries.
    """
    return F.mse_loss(_gram(x), _gram(y))


def _gram(x: Tensor) -> Tensor:
    x_BCn = x.flatten(2)
    # Divided before the product: a sum over pixels may overflow float16.
    return x_BCn @ (x_BCn / x_BCn.shape[2]).transpose(1, 2)


@MODELS.register_module()
class GramLoss(nn.Module):
    """Gram distance to the HQ prior, summed over codebooks at tap 'codes'.

    `PriorMatchLoss` contains this term; use this class for the term alone.

    Args:
        tap: Where to compare: 'codes', 'mixed' or 'feat' (see `taps`).
        loss_weight: Factor of the value.

    Raises:
        ConfigError: If `tap` is unknown.
    """

    needs_prior = True
    target = 'prior'

    def __init__(self, tap: str = 'mixed', loss_weight: float = 1.0):
        super().__init__()
        self.tap = check_tap(tap)
        self.loss_weight = loss_weight

    @full_precision
    def forward(
        self, out: CodebookOutput, prior: CodebookOutput | None
    ) -> Tensor:
        """Scalar; the gradient goes to `out` only.

        Raises:
            InputError: If there is no prior or it does not fit.
        """
        pairs = tapped_pairs(out, prior, self.tap)
        return self.loss_weight * sum(gram_distance(x, y) for x, y in pairs)
