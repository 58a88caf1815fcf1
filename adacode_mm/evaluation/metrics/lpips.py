"""LPIPS and ST-LPIPS as metrics.

Zhang et al., "The unreasonable effectiveness of deep features as a perceptual
metric", CVPR 2018. AdaCode (Liu et al., ICCV 2023, section 4) reports it with
AlexNet, version 0.1 of the published weights, on the whole RGB image.
"""

import math

import torch
from mmengine.device import get_device
from torch import Tensor, nn

from adacode_mm.core.exceptions import CheckpointError
from adacode_mm.evaluation.weight_files import missing_file
from adacode_mm.models.losses.lpips_loss import BACKBONES, LPIPSLoss
from adacode_mm.models.losses.st_lpips_loss import STLPIPSLoss
from adacode_mm.registry import METRICS

from .per_image_metric import PerImageMetric

# The deepest features of smaller images are empty.
_SMALLEST = 32


class LearnedDistance(PerImageMetric):
    """Mean of a learned distance of two images; lower is better.

    Images are compared as they are: in RGB, whole, not rounded to 8 bits.

    Args:
        distance: Called with two images (1, 3, H, W), RGB in [0, 1].
        name: Of the result.
        device: Where to compare; None for a GPU if there is one.
        **kwargs: As for `PerImageMetric`.
    """

    higher_is_better = False

    def __init__(
        self,
        distance: nn.Module,
        name: str,
        device: str | None = None,
        **kwargs,
    ):
        super().__init__(device=device or get_device(), **kwargs)
        self._distance = distance
        self.metric = name

    def _missing(self) -> str | None:
        """Why the weights are not to be had, or None."""
        black = torch.zeros(1, 3, 64, 64)
        try:
            with torch.no_grad():
                self._distance(black, black)
        except CheckpointError as error:
            return str(error)
        return None

    @torch.no_grad()
    def process_image(
        self, gt: Tensor, pred: Tensor, mask: Tensor | None = None
    ) -> float:
        """Distance of one image.

        Args:
            gt: Ground truth (3, H, W), BGR, or (1, H, W), gray, 0..255.
            pred: Restored image, likewise.
            mask: Not used.

        Returns:
            The distance; not a number under 32 pixels a side.
        """
        if min(pred.shape[-2:]) < _SMALLEST:
            return math.nan
        pred, gt = (
            image.float().flip(0).expand(3, -1, -1)[None].to(self.device) / 255
            for image in (pred, gt)
        )
        return self._distance(pred, gt).item()


@METRICS.register_module()
class STLPIPS(LearnedDistance):
    """Mean ST-LPIPS of the images of a set; lower is better.

    Ghildyal and Liu, "Shift-tolerant perceptual similarity metric", ECCV
    2022: LPIPS that hardly sees shifts of a pixel. Its weights come with the
    `stlpips-pytorch` package: without it the metric reports nothing, and says
    so. The result is called ST-LPIPS, and ST-LPIPS-VGG with VGG16.

    Args:
        net: Backbone, 'alex' or 'vgg': not the one that a network was
            trained with.
        device: Where to compare; None for a GPU if there is one.
        **kwargs: As for `PerImageMetric`.

    Raises:
        ConfigError: If `net` is unknown.
    """

    metric = 'ST-LPIPS'

    def __init__(self, net: str = 'alex', device: str | None = None, **kwargs):
        name = 'ST-LPIPS' if net == 'alex' else f'ST-LPIPS-{net.upper()}'
        super().__init__(STLPIPSLoss(net), name, device, **kwargs)


@METRICS.register_module()
class LPIPS(LearnedDistance):
    """Mean LPIPS of the images of a set; lower is better.

    The learned heads come with the `lpips` package, the backbone's weights do
    not. Where these are not to be had, the metric reports nothing, and says
    so once, in the log, before the first image. The result is called LPIPS
    with AlexNet, LPIPS-VGG and LPIPS-SQUEEZE with the others.

    Args:
        net: Backbone: 'alex', 'vgg' or 'squeeze'.
        weights: File with the weights of torchvision's `alexnet`, `vgg16` or
            `squeezenet1_1`; None for the published ones.
        download: Whether to download the published weights, before the first
            image, if torchvision's cache does not hold them.
        device: Where to compare; None for a GPU if there is one.
        **kwargs: As for `PerImageMetric`.

    Raises:
        ConfigError: If `net` is unknown.
        CheckpointError: When it is asked whether it reports, if `weights` is
            given and is not such a file.
    """

    metric = 'LPIPS'

    def __init__(
        self,
        net: str = 'alex',
        weights: str | None = None,
        download: bool = True,
        device: str | None = None,
        **kwargs,
    ):
        name = 'LPIPS' if net == 'alex' else f'LPIPS-{net.upper()}'
        super().__init__(
            LPIPSLoss(net, weights=weights), name, device, **kwargs
        )
        self._net = net
        self._weights = weights
        self._download = download

    def _missing(self) -> str | None:
        """Why the weights are not to be had, or None."""
        if self._weights is None and not self._download:
            missing = missing_file(BACKBONES[self._net].url)
            if missing:
                return missing
        missing = super()._missing()
        if missing and self._weights is not None:
            raise CheckpointError(missing)
        return missing
