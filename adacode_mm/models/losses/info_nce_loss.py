"""Contrastive loss between degraded and HQ encoder features.

AdaCode, Liu et al., ICCV 2023, eq. (8), in the NT-Xent form of SimCLR (Chen et
al., ICML 2020). The released code compares the encoder features in front of
the projections, not the quantized ones of the paper; so does this.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from adacode_mm.core.exceptions import ConfigError
from adacode_mm.models.layers.full_precision import full_precision
from adacode_mm.models.structures import CodebookOutput
from adacode_mm.registry import MODELS

from .taps import tapped_pairs


@MODELS.register_module()
class InfoNCELoss(nn.Module):
    """Tells the HQ features of an image from the features of other images.

    The similarity of two images is the cosine of their features at a pixel,
    averaged over pixels. Each of the 2B features (B of the network, B of the
    prior) is an anchor: its positive is the same image on the other side, its
    negatives are the 2B - 2 features of other images. A batch of one has no
    negatives and a loss of 0. Each process contrasts its own batch.

    Args:
        temperature: Divisor of the similarities.
        loss_weight: Factor of the value.

    Raises:
        ConfigError: If `temperature` is not positive.
    """

    needs_prior = True
    target = 'prior'

    def __init__(
        self,
        temperature: float = 0.5,
        loss_weight: float = 1.0,
    ):
        super().__init__()
        if temperature <= 0:
            raise ConfigError(
                f'temperature must be positive, got {temperature}.'
            )
        self.temperature = temperature
        self.loss_weight = loss_weight

    @full_precision
    def forward(
        self, out: CodebookOutput, prior: CodebookOutput | None
    ) -> Tensor:
        """Scalar; the gradient goes to `out.feat` only.

        Raises:
            InputError: If there is no prior or it does not fit.
        """
        pairs = tapped_pairs(out, prior, 'feat')
        x_BD, y_BD = (_unit_rows(feat) for feat in pairs[0])
        count = len(x_BD)
        rows_ND = torch.cat([x_BD, y_BD])
        logits_NN = rows_ND @ rows_ND.t() / self.temperature
        itself = torch.eye(2 * count, dtype=bool, device=logits_NN.device)
        logits_NN = logits_NN.masked_fill(itself, float('-inf'))
        row_N = torch.arange(2 * count, device=logits_NN.device)
        # The positive of row i is row i + B (mod 2B); the cross entropy is
        # the log-sum-exp of a row minus its positive.
        loss = F.cross_entropy(logits_NN, row_N.roll(count))
        return self.loss_weight * loss


def _unit_rows(feat: Tensor) -> Tensor:
    """Rows (B, C*h*w) whose products are mean cosines over pixels."""
    pixels = feat.shape[2] * feat.shape[3]
    return F.normalize(feat, dim=1).flatten(1) / pixels**0.5
