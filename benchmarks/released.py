"""Networks and training steps computed the way that the release does.

Same weights, same values up to rounding; what differs is what is computed for
nothing or the long way round. Written from the description of the release, to
have something to compare with on any machine.
"""

import copy

import torch
import torch.nn.functional as F
from mmagic.models.editors.srgan import SRGAN
from torch import Tensor, nn

from adacode_mm.models.editors.codebook_editor import CodebookEditor
from adacode_mm.models.layers.pixel_linear import PixelLinear
from adacode_mm.models.layers.scale_blocks import UpBlock
from adacode_mm.models.losses.info_nce_loss import InfoNCELoss
from adacode_mm.models.losses.prior_match_loss import PriorMatchLoss
from adacode_mm.models.quantizers.vector_quantizer import VectorQuantizer
from adacode_mm.models.structures import CodebookOutput


class OneHotQuantizer(VectorQuantizer):
    """Looks codes up by a product with a one-hot matrix."""

    def lookup(self, indices: Tensor) -> Tensor:
        """Codes (B, C, h, w) for indices (B, h, w)."""
        one_hot = F.one_hot(indices.reshape(-1), self.num_embeddings).float()
        codes = one_hot @ self.embedding.weight
        return codes.view(*indices.shape, -1).permute(0, 3, 1, 2)


class BroadcastInfoNCELoss(InfoNCELoss):
    """Cosines of all pairs of images from (2B, 2B, C, h, w) products."""

    def forward(self, out: CodebookOutput, prior: CodebookOutput) -> Tensor:
        """Scalar; the gradient goes to `out.feat` only."""
        feats = [F.normalize(each.feat, dim=1) for each in (out, prior)]
        feats = torch.cat(feats)
        pairs = F.cosine_similarity(feats[:, None], feats[None], dim=2)
        logits = pairs.mean((2, 3)) / self.temperature
        count = len(out.feat)
        others = 1 - torch.eye(2 * count, device=logits.device)
        total = (others * logits.exp()).sum(1)
        positive = torch.cat([logits.diag(count), logits.diag(-count)])
        return self.loss_weight * (total.log() - positive).mean()


def as_released(net: nn.Module) -> nn.Module:
    """A copy of a network with the release's way of computing.

    Contiguous feature maps; linear layers as matrix products; codes are
    looked up by one-hot products, each codebook for itself. The release also
    makes its masks anew in every Swin block, which is left out here.
    """
    net = copy.deepcopy(net).to(memory_format=torch.contiguous_format)
    take_shortcuts_out(net)
    return net


def take_shortcuts_out(model: nn.Module) -> None:
    """Replace, in place, what our layers do in another way."""
    for module in list(model.modules()):
        if isinstance(module, PixelLinear):
            module.__class__ = nn.Linear
        elif isinstance(module, VectorQuantizer):
            module.__class__ = OneHotQuantizer
        elif isinstance(module, InfoNCELoss):
            module.__class__ = BroadcastInfoNCELoss
        elif isinstance(module, UpBlock):
            module.folds = False


class ReleasedEditor(CodebookEditor):
    """`CodebookEditor` that trains as the released code does.

    With the decoder of the prior, a feature loss of weight 0, and two
    backward passes of the discriminator.
    """

    def __init__(self, *args, **kwargs):
        train_cfg = {**(kwargs.pop('train_cfg', None) or {})}
        train_cfg['memory_format'] = 'contiguous'
        super().__init__(*args, train_cfg=train_cfg, **kwargs)
        take_shortcuts_out(self)
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
