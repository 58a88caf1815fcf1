"""Perceptual loss on one feature of VGG19.

Johnson et al., "Perceptual losses for real-time style transfer and
super-resolution", ECCV 2016; layer and norm as in VarFormer (CVPR 2025).
"""

from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.transforms.functional import normalize

from adacode_mm.registry import MODELS

from .frozen_backbone import FrozenBackbone
from .semantic_loss import IMAGENET_MEAN, IMAGENET_STD, vgg19_up_to

_RELU5_4 = 35


@MODELS.register_module()
class VGGLoss(nn.Module):
    """L1 distance at VGG19 relu5_4.

    VGG19 is made and its weights are read (and downloaded, if need be) by the
    first call, not by the constructor.

    Args:
        loss_weight: Factor of the value.
        weights: As for `SemanticLoss`.
    """

    def __init__(self, loss_weight: float = 1.0, weights: str | None = None):
        super().__init__()
        self.loss_weight = loss_weight
        self._vgg = FrozenBackbone(partial(vgg19_up_to, _RELU5_4, weights))

    def forward(self, image: Tensor, gt: Tensor) -> Tensor:
        """Scalar.

        Args:
            image: (B, 3, H, W), RGB, nominally in [0, 1].
            gt: Ground truth of the same shape; no gradient goes to it.

        Raises:
            CheckpointError: If VGG19's weights are not to be had.
        """
        with torch.no_grad():
            target = self._feature(gt)
        return self.loss_weight * F.l1_loss(self._feature(image), target)

    def _feature(self, image):
        image = FrozenBackbone.as_input(image)
        return self._vgg.on(image)(
            normalize(image, IMAGENET_MEAN, IMAGENET_STD)
        )
