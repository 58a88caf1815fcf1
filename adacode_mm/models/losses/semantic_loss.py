"""Semantic guidance of a codebook by VGG features.

AdaCode, Liu et al., ICCV 2023, eq. (4); introduced by FeMaSR, Chen et al., ACM
MM 2022.
"""

from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.models import VGG19_Weights, vgg19
from torchvision.transforms.functional import normalize

from adacode_mm.core.exceptions import InputError
from adacode_mm.models.structures import CodebookOutput
from adacode_mm.registry import MODELS

from .frozen_backbone import FrozenBackbone, backbone_weights, load_weights

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
_RELU4_4 = 26


@MODELS.register_module()
class SemanticLoss(nn.Module):
    """MSE between the semantic head's output and VGG19 relu4_4 of the GT.

    VGG19 is made and its weights are read (and downloaded, if need be) by the
    first call, not by the constructor.

    Args:
        loss_weight: Factor of the value.
        weights: File with the weights of torchvision's `vgg19`; None for the
            published ones (`VGG19_Weights.IMAGENET1K_V1`).
    """

    needs_prior = False
    target = 'gt'

    def __init__(self, loss_weight: float = 0.1, weights: str | None = None):
        super().__init__()
        self.loss_weight = loss_weight
        self._vgg = FrozenBackbone(partial(vgg19_up_to, _RELU4_4, weights))

    def forward(self, out: CodebookOutput, gt: Tensor) -> Tensor:
        """Scalar; the gradient goes to `out.semantic` only.

        Args:
            out: Output of a network with a semantic head, whose
                `out.semantic` is (B, 512, H / 8, W / 8).
            gt: Ground truth (B, 3, H, W), RGB in [0, 1].

        Raises:
            InputError: If there is no semantic head or its shape differs.
            CheckpointError: If VGG19's weights are not to be had.
        """
        if out.semantic is None:
            raise InputError(
                'SemanticLoss needs a network with a semantic head, got '
                'semantic=None: set semantic_channels=512 in the generator '
                'or remove the loss.'
            )
        with torch.no_grad():
            vgg_input = FrozenBackbone.as_input(gt)
            vgg_input = normalize(vgg_input, IMAGENET_MEAN, IMAGENET_STD)
            target = self._vgg.on(gt)(vgg_input)
        if out.semantic.shape != target.shape:
            raise InputError(
                f'The semantic head must return the shape of relu4_4, '
                f'{tuple(target.shape)}, got {tuple(out.semantic.shape)}: '
                f'set semantic_channels=512 and a latent grid of 1/8.'
            )
        semantic = out.semantic.to(target.dtype)
        return self.loss_weight * F.mse_loss(semantic, target)


def vgg19_up_to(layer: int, weights: str | None) -> nn.Module:
    """Layers of VGG19's features up to number `layer`, with weights."""
    # On the meta device nothing is allocated: the classifier, nine tenths of
    # VGG19, is cut off unseen.
    with torch.device('meta'):
        net = vgg19(weights=None).features[: layer + 1]
    weights = backbone_weights(VGG19_Weights.IMAGENET1K_V1, weights)
    return load_weights(net, weights, 'features.')
