"""The training step with everything that the released code computes.

Same weights, same losses, same values up to rounding; what differs is what is
computed for nothing or the long way round. Written from the description of
the release, to have something to compare our step with on any machine.
"""

import torch
import torch.nn.functional as F
from mmagic.models.editors.srgan import SRGAN
from torch import Tensor

from adacode_mm.models.editors.codebook_editor import CodebookEditor
from adacode_mm.models.losses.info_nce_loss import InfoNCELoss
from adacode_mm.models.losses.prior_match_loss import PriorMatchLoss
from adacode_mm.models.structures import CodebookOutput

from .released_network import take_shortcuts_out

WASTE = (
    'decoder of the prior',
    'one-hot products',
    'similarities by broadcasting',
    'feature loss of weight 0',
    'two backward passes of the discriminator',
    'masks of each Swin block at other grids',
    'contiguous format',
    'frozen parts in the optimizer',
)


class BroadcastInfoNCELoss(InfoNCELoss):
    """Cosines of all pairs of images from (2B, 2B, C, h, w) products."""

    def forward(self, out: CodebookOutput, prior: CodebookOutput) -> Tensor:
        """Scalar; the gradient goes to `out.feat` only."""
        feats = torch.cat(
            [F.normalize(out.feat, dim=1), F.normalize(prior.feat, dim=1)]
        )
        pairs = F.cosine_similarity(feats[:, None], feats[None], dim=2)
        logits = pairs.mean((2, 3)) / self.temperature
        count = len(out.feat)
        others = 1 - torch.eye(2 * count, device=logits.device)
        total = (others * logits.exp()).sum(1)
        positive = torch.cat([logits.diag(count), logits.diag(-count)])
        return self.loss_weight * (total.log() - positive).mean()


class ReleasedEditor(CodebookEditor):
    """`CodebookEditor` that trains as the released code does."""

    def __init__(self, *args, **kwargs):
        train_cfg = {**(kwargs.pop('train_cfg', None) or {})}
        train_cfg['memory_format'] = 'contiguous'
        super().__init__(*args, train_cfg=train_cfg, **kwargs)
        take_shortcuts_out(self)
        for module in list(self.modules()):
            if isinstance(module, InfoNCELoss):
                module.__class__ = BroadcastInfoNCELoss
        self._feature_loss = PriorMatchLoss(tap='feat')

    def _code_losses(self, out, gt):
        prior = None
        if self.hq_prior is not None:
            with torch.no_grad():
                prior = self.hq_prior(gt)
                # The codes are looked up once more, by their indices.
                quantized = [
                    q._replace(codes=quantizer.lookup(q.indices))
                    for quantizer, q in zip(
                        self.hq_prior.quantizers, prior.quantized, strict=True
                    )
                ]
            prior = prior._replace(quantized=quantized)
        targets = {'prior': prior, 'gt': gt}
        losses = {
            f'loss_{name}': loss(out, targets[loss.target])
            for name, loss in self.code_losses.items()
        }
        if prior is not None:
            losses['loss_feat'] = 0.0 * self._feature_loss(out, prior)
        return losses

    d_step_with_optim = SRGAN.d_step_with_optim
