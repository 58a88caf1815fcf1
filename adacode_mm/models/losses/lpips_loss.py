"""Learned perceptual distance as a training loss.

Zhang et al., "The unreasonable effectiveness of deep features as a perceptual
metric", CVPR 2018, version 0.1 of its published weights. AdaCode (Liu et al.,
ICCV 2023) names a perceptual loss; its released code uses LPIPS with VGG16.
"""

import warnings
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn
from torchvision.models import (
    AlexNet_Weights,
    SqueezeNet1_1_Weights,
    VGG16_Weights,
)

from adacode_mm.core.exceptions import ConfigError, InputError
from adacode_mm.models.layers.full_precision import full_precision
from adacode_mm.registry import MODELS

from .frozen_backbone import FrozenBackbone, backbone_weights, load_weights

BACKBONES = {
    'vgg': VGG16_Weights.IMAGENET1K_V1,
    'alex': AlexNet_Weights.IMAGENET1K_V1,
    'squeeze': SqueezeNet1_1_Weights.IMAGENET1K_V1,
}


@MODELS.register_module()
class LPIPSLoss(nn.Module):
    """LPIPS between two images, averaged over the batch.

    The network is made and its weights are read (and downloaded, if need be)
    by the first call, not by the constructor. The learned heads come with the
    `lpips` package.

    Args:
        net: Backbone: 'vgg', 'alex' or 'squeeze'.
        loss_weight: Factor of the value.
        weights: File with the weights of torchvision's `vgg16`, `alexnet` or
            `squeezenet1_1`; None for the published ones.

    Raises:
        ConfigError: If `net` is unknown.
    """

    def __init__(
        self,
        net: str = 'vgg',
        loss_weight: float = 1.0,
        weights: str | None = None,
    ):
        super().__init__()
        if net not in BACKBONES:
            raise ConfigError(
                f'net must be one of {tuple(BACKBONES)}, got {net!r}.'
            )
        self.loss_weight = loss_weight
        self._lpips = FrozenBackbone(partial(build_lpips, net, weights))

    def forward(self, pred: Tensor, gt: Tensor) -> Tensor:
        """Scalar; the gradient goes to `pred` only.

        Args:
            pred: Image (B, 3, H, W), RGB in [0, 1], not necessarily clipped.
            gt: Ground truth of the same shape and range.

        Raises:
            InputError: If the shapes differ.
            CheckpointError: If the backbone's weights are not to be had.
        """
        if pred.shape != gt.shape:
            raise InputError(
                f'LPIPSLoss needs two images of one shape, got '
                f'{tuple(pred.shape)} and {tuple(gt.shape)}: check the scale '
                f'of the network and of the data.'
            )
        pred = FrozenBackbone.as_input(pred)
        lpips = self._lpips.on(pred)
        with torch.no_grad():
            target = _features(lpips, gt.detach().to(pred))
        return self.loss_weight * _distance(
            lpips.lins, _features(lpips, pred), target
        )


def _features(lpips, image):
    # From [0, 1] to the [-1, 1] that LPIPS was trained on.
    return lpips.net(lpips.scaling_layer(2 * image - 1))


@full_precision
def _distance(heads, x, y):
    """LPIPS of two lists of features, one entry per layer."""
    total = 0
    for head, x_BChw, y_BChw in zip(heads, x, y, strict=True):
        total = total + head((_unit(x_BChw) - _unit(y_BChw)).square()).mean()
    return total


def _unit(feat):
    # The constant of the published weights; it is added to the norm. Not by a
    # square root, whose gradient at features of zero is not a number.
    norm = torch.linalg.vector_norm(feat, dim=1, keepdim=True)
    return feat / (norm + 1e-10)


def build_lpips(net: str, path: str | None = None) -> nn.Module:
    """LPIPS v0.1 network, called with two images and `normalize=True`.

    Args:
        net: 'vgg', 'alex' or 'squeeze'.
        path: As `weights` of `LPIPSLoss`.

    Raises:
        CheckpointError: If the backbone's weights are not to be had.
    """
    # Here, because the package imports SciPy and more, and inference needs
    # none of it.
    import lpips

    # The package would fill the whole torchvision network with random numbers
    # and read its heads without weights_only: so the meta device, and our own
    # loading.
    with warnings.catch_warnings(), torch.device('meta'):
        warnings.filterwarnings('ignore', message='.*deprecated')
        model = lpips.LPIPS(
            pretrained=False, net=net, pnet_rand=True, verbose=False
        )
    # Its constants must be real numbers whatever the package does.
    model.scaling_layer = lpips.ScalingLayer()
    weights = backbone_weights(BACKBONES[net], path)
    for name, part in model.net.named_children():
        if name.startswith('slice'):
            load_weights(part, weights, 'features.')
    heads = torch.load(
        Path(lpips.__file__).parent / 'weights' / 'v0.1' / f'{net}.pth',
        map_location='cpu',
        weights_only=True,
    )
    for index, head in enumerate(model.lins):
        load_weights(head, heads, f'lin{index}.')
    return model
