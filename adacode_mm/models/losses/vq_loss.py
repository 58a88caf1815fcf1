"""Codebook and commitment loss.

Van den Oord et al., "Neural discrete representation learning", NeurIPS 2017,
eq. (3); AdaCode, Liu et al., ICCV 2023, eq. (3).
"""

import torch.nn.functional as F
from torch import Tensor, nn

from adacode_mm.models.layers.full_precision import full_precision
from adacode_mm.models.structures import CodebookOutput
from adacode_mm.registry import MODELS


@MODELS.register_module()
class VQLoss(nn.Module):
    """Pulls codes to features and features to codes, over all codebooks.

    Sum over codebooks of `codebook_weight * mean((codes - sg(z))^2) + beta *
    mean((sg(codes) - z)^2)`, with z the projected features and sg the stopped
    gradient. The paper writes squared norms; the released code, followed
    here, takes means over all elements.

    Args:
        beta: Weight of the second term, the commitment.
        codebook_weight: Weight of the first term. Set it to 0 where the codes
            are frozen (stages II and III): the term trains nothing there and
            would be logged as a constant.
        loss_weight: Factor of the value.
    """

    needs_prior = False
    target = 'prior'

    def __init__(
        self,
        beta: float = 0.25,
        codebook_weight: float = 1.0,
        loss_weight: float = 1.0,
    ):
        super().__init__()
        self.beta = beta
        self.codebook_weight = codebook_weight
        self.loss_weight = loss_weight

    @full_precision
    def forward(
        self, out: CodebookOutput, prior: CodebookOutput | None = None
    ) -> Tensor:
        """Scalar; the gradient reaches codes by the first term, z by the
        second. `prior` is not used: all code-level losses are called alike.
        """
        loss = 0
        for z, quantized in zip(out.pre_quant, out.quantized, strict=True):
            codes = quantized.codes
            loss = loss + self.beta * F.mse_loss(z, codes.detach())
            if self.codebook_weight:
                term = F.mse_loss(codes, z.detach())
                loss = loss + self.codebook_weight * term
        return self.loss_weight * loss
