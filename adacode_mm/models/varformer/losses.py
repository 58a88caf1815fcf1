"""What brings VAR's prior of a degraded image to the clean one.

VarFormer (Wang and Zhao, CVPR 2025). Both losses compare with the tokenizer's
output for the ground truth.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from adacode_mm.models.structures import CodebookOutput
from adacode_mm.registry import MODELS

from .prior_network import VarFormerOutput


@MODELS.register_module()
class TokenLoss(nn.Module):
    """Cross-entropy of VAR's logits with the indices of the clean image.

    Mean over images and positions. The gradient reaches cross-attention and
    VAR, not the adapter.

    Args:
        loss_weight: Factor of the value.
    """

    needs_prior = True
    target = 'prior'

    def __init__(self, loss_weight: float = 0.1):
        super().__init__()
        self.loss_weight = loss_weight

    def forward(self, out: VarFormerOutput, prior: CodebookOutput) -> Tensor:
        """Scalar."""
        indices = [q.indices.flatten(1) for q in prior.quantized]
        target = torch.cat(indices, 1).flatten()
        logits = out.logits.flatten(0, 1).float()
        return self.loss_weight * F.cross_entropy(logits, target)


@MODELS.register_module()
class LatentLoss(nn.Module):
    """MSE between the codes of the adapted and of the clean latent.

    Sums over all scales are compared. The gradient goes straight through to
    the adapter.

    Args:
        loss_weight: Factor of the value.
    """

    needs_prior = True
    target = 'prior'

    def __init__(self, loss_weight: float = 0.5):
        super().__init__()
        self.loss_weight = loss_weight

    def forward(self, out: VarFormerOutput, prior: CodebookOutput) -> Tensor:
        """Scalar."""
        target = prior.quantized[-1].codes.detach()
        latent = out.quantized[-1].st.to(target)
        return self.loss_weight * F.mse_loss(latent, target)
