"""Shift-tolerant learned perceptual distance as a training loss.

Ghildyal and Liu, "Shift-tolerant perceptual similarity metric", ECCV 2022. The
`stlpips-pytorch` package carries the weights, so nothing is downloaded; of the
package, only these files are read.
"""

import importlib.util
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from adacode_mm.core.exceptions import CheckpointError, ConfigError, InputError
from adacode_mm.models.layers.full_precision import full_precision
from adacode_mm.registry import MODELS

from .frozen_backbone import FrozenBackbone, load_weights, read_state_dict

ST_LPIPS_NETS = ('vgg', 'alex')
_PACKAGE = 'stlpips_pytorch'
_URL = 'https://pypi.org/project/stlpips-pytorch'


@MODELS.register_module()
class STLPIPSLoss(nn.Module):
    """ST-LPIPS between two images, averaged over the batch.

    The network is made, and its weights are read, by the first call.

    Args:
        net: Backbone, 'vgg' or 'alex'. Train with the one and judge with the
            other: a network learns to please the one it is trained with.
        loss_weight: Factor of the value.

    Raises:
        ConfigError: If `net` is unknown.
    """

    def __init__(self, net: str = 'vgg', loss_weight: float = 1.0):
        super().__init__()
        if net not in ST_LPIPS_NETS:
            raise ConfigError(
                f'net must be one of {ST_LPIPS_NETS}, got {net!r}.'
            )
        self.loss_weight = loss_weight
        self._net = FrozenBackbone(partial(build_st_lpips, net))

    def forward(
        self, pred: Tensor, gt: Tensor, weight: Tensor | None = None
    ) -> Tensor:
        """Scalar; the gradient goes to `pred` only.

        Args:
            pred: Image (B, 3, H, W), RGB in [0, 1], not necessarily clipped;
                at least 32 pixels a side.
            gt: Ground truth of the same shape and range.
            weight: Of each image in the mean (B,); None weighs all alike.

        Raises:
            InputError: If the shapes differ.
            CheckpointError: If the package with the weights is missing.
        """
        if pred.shape != gt.shape:
            raise InputError(
                f'STLPIPSLoss needs two images of one shape, got '
                f'{tuple(pred.shape)} and {tuple(gt.shape)}: check the scale '
                f'of the network and of the data.'
            )
        pred = FrozenBackbone.as_input(pred)
        net = self._net.on(pred)
        with torch.no_grad():
            target = net.features(gt.detach().to(pred))
        distance = net.distance(net.features(pred), target)
        if weight is not None:
            distance = distance * weight.to(distance)
        return self.loss_weight * distance.mean()


class STLPIPSNet(nn.Module):
    """Backbone and heads of ST-LPIPS, with the names of its weights.

    Args:
        slices: Layers up to each of the compared features, numbered through.
        channels: Width of each of these features.
    """

    def __init__(
        self, slices: Sequence[Sequence[nn.Module]], channels: Sequence[int]
    ):
        super().__init__()
        self.net, first = nn.Module(), 0
        for number, layers in enumerate(slices):
            part = nn.Sequential()
            for index, layer in enumerate(layers, first):
                part.add_module(str(index), layer)
            first += len(layers)
            self.net.add_module(f'slice{number + 1}', part)
        for number, width in enumerate(channels):
            head = nn.Conv2d(width, 1, 1, bias=False)
            # Index 0 was a dropout.
            head = nn.ModuleDict({'model': nn.ModuleDict({'1': head})})
            self.add_module(f'lin{number}', head)
        self.depth = len(channels)
        self.scaling_layer = nn.Module()
        for name in ('shift', 'scale'):
            constant = torch.zeros(1, 3, 1, 1)
            self.scaling_layer.register_buffer(name, constant)

    def features(self, image: Tensor) -> list[Tensor]:
        """Features of images (B, 3, H, W) in [0, 1], the first one largest."""
        scaling = self.scaling_layer
        x = (2 * image - 1 - scaling.shift) / scaling.scale
        found = []
        for part in self.net.children():
            x = part(x)
            found.append(x)
        return found

    @full_precision
    def distance(self, x: list[Tensor], y: list[Tensor]) -> Tensor:
        """Distance (B,) of two lists of features."""
        total = 0
        for number, (x_BChw, y_BChw) in enumerate(zip(x, y, strict=True)):
            head = getattr(self, f'lin{number}')['model']['1']
            square = (_unit(x_BChw) - _unit(y_BChw)).square()
            total = total + head(square).mean((1, 2, 3))
        return total


class _Blur(nn.Module):
    """Binomial filter with stride 2, so that shifts change little.

    Zhang, "Making convolutional networks shift-invariant again", ICML 2019.
    """

    def __init__(self, channels):
        super().__init__()
        self.register_buffer('filt', torch.zeros(channels, 1, 3, 3))

    def forward(self, x):
        padded = F.pad(x, (2, 2, 2, 2), mode='reflect')
        return F.conv2d(padded, self.filt, stride=2, groups=x.shape[1])


def _unit(feat):
    norm = torch.linalg.vector_norm(feat, dim=1, keepdim=True)
    return feat / (norm + 1e-10)


def _vgg():
    slices, channels, before = [], [], 3
    for width, convs in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        layers = [nn.MaxPool2d(2, 1), _Blur(before)] if slices else []
        for _ in range(convs):
            layers += [nn.Conv2d(before, width, 3, padding=1), nn.ReLU(True)]
            before = width
        slices.append(layers)
        channels.append(width)
    return STLPIPSNet(slices, channels)


def _alex():
    relu, pool = nn.ReLU(True), nn.MaxPool2d(3, 1)
    slices = [
        [nn.Conv2d(3, 64, 11, padding=2), _Blur(64), relu],
        [pool, _Blur(64), nn.Conv2d(64, 192, 5, padding=2), relu],
        [pool, _Blur(192), nn.Conv2d(192, 384, 3, padding=1), relu],
        [nn.Conv2d(384, 256, 3, padding=1), relu],
        [nn.Conv2d(256, 256, 3, padding=1), relu],
    ]
    return STLPIPSNet(slices, (64, 192, 384, 256, 256))


def build_st_lpips(net: str) -> nn.Module:
    """The network 'vgg' or 'alex' with its published weights.

    Raises:
        CheckpointError: If the package that carries them is missing.
    """
    package = importlib.util.find_spec(_PACKAGE)
    if package is None:
        raise CheckpointError(
            f'ST-LPIPS needs the weights in the package stlpips-pytorch, '
            f'which is not installed: pip install --no-deps stlpips-pytorch '
            f'({_URL}).'
        )
    folder = Path(package.submodule_search_locations[0], 'weights/vST0.0')
    with torch.device('meta'):
        model = {'vgg': _vgg, 'alex': _alex}[net]()
    file = folder / f'{net}_shift_tolerant.pth'
    return load_weights(model, read_state_dict(file, _URL), '')
