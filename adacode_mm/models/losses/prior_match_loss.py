"""Feature matching with the HQ prior.

AdaCode, Liu et al., ICCV 2023, eq. (8): the terms beta * ||z - sg(z_gt)||^2
and style(z_gt, z). The released code, followed here, applies them to the
decoder's input and to the features in front of each codebook.
"""

import torch.nn.functional as F
from torch import Tensor, nn

from adacode_mm.models.layers.full_precision import full_precision
from adacode_mm.models.structures import CodebookOutput
from adacode_mm.registry import MODELS

from .gram import gram_distance
from .taps import check_tap, tapped_pairs


@MODELS.register_module()
class PriorMatchLoss(nn.Module):
    """`beta * MSE + gram_weight * Gram distance` to the HQ prior.

    Args:
        tap: Where to compare: 'codes' (sum over codebooks), 'mixed' or 'feat'
            (see `taps`).
        beta: Weight of the mean squared error; 0 skips it.
        gram_weight: Weight of the Gram distance; 0 skips it.
        loss_weight: Factor of the value.

    Raises:
        ConfigError: If `tap` is unknown.
    """

    needs_prior = True
    target = 'prior'

    def __init__(
        self,
        tap: str = 'codes',
        beta: float = 0.25,
        gram_weight: float = 1.0,
        loss_weight: float = 1.0,
    ):
        super().__init__()
        self.tap = check_tap(tap)
        self.beta = beta
        self.gram_weight = gram_weight
        self.loss_weight = loss_weight

    @full_precision
    def forward(
        self, out: CodebookOutput, prior: CodebookOutput | None
    ) -> Tensor:
        """Scalar; the gradient goes to `out` only.

        Raises:
            InputError: If there is no prior or it does not fit.
        """
        loss = 0
        for x, target in tapped_pairs(out, prior, self.tap):
            if self.beta:
                loss = loss + self.beta * F.mse_loss(x, target)
            if self.gram_weight:
                loss = loss + self.gram_weight * gram_distance(x, target)
        return self.loss_weight * loss
