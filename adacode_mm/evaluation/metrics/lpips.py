"""LPIPS as a metric.

Zhang et al., "The unreasonable effectiveness of deep features as a perceptual
metric", CVPR 2018. AdaCode (Liu et al., ICCV 2023, section 4) reports it with
AlexNet, version 0.1 of the published weights, on the whole RGB image.
"""

import logging
from pathlib import Path

import torch
from mmagic.evaluation.metrics.base_sample_wise_metric import (
    BaseSampleWiseMetric,
)
from mmengine.device import get_device
from mmengine.dist import all_reduce, barrier, is_main_process
from mmengine.logging import print_log
from torch import Tensor

from adacode_mm.exceptions import CheckpointError
from adacode_mm.models.losses import LPIPSLoss
from adacode_mm.models.losses.lpips_loss import BACKBONES
from adacode_mm.registry import METRICS


@METRICS.register_module()
class LPIPS(BaseSampleWiseMetric):
    """Mean LPIPS of the images of a set; lower is better.

    Images are compared as they are: in RGB, whole, not rounded to 8 bits. The
    learned heads come with the `lpips` package, the backbone's weights do
    not. Where these are not to be had, the metric reports nothing, and says
    so once, in the log, before the first image.

    Args:
        net: Backbone: 'alex', 'vgg' or 'squeeze'.
        weights: File with the weights of torchvision's `alexnet`, `vgg16` or
            `squeezenet1_1`; None for the published ones.
        download: Whether to download the published weights if torchvision's
            cache does not hold them.
        device: Where to compare; None for a GPU if there is one.
        prefix: As for MMagic's metrics, like the rest.
        gt_key: Key of the ground truth.
        pred_key: Key of the prediction.
        collect_device: Where results of several processes meet.

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
        prefix: str | None = None,
        gt_key: str = 'gt_img',
        pred_key: str = 'pred_img',
        collect_device: str = 'cpu',
    ):
        super().__init__(
            gt_key=gt_key,
            pred_key=pred_key,
            device=device or get_device(),
            collect_device=collect_device,
            prefix=prefix,
        )
        self._distance = LPIPSLoss(net, weights=weights)
        self._net = net
        self._weights = weights
        self._download = download
        self._reports: bool | None = None

    def reports(self) -> bool:
        """Whether there will be a number; every process gets one answer.

        The first call reads the weights, and downloads them if it may. All
        processes must make it.
        """
        if self._reports is None:
            # The others find what the main process has downloaded.
            missing = self._missing() if is_main_process() else None
            barrier()
            missing = missing if is_main_process() else self._missing()
            absent = torch.tensor(int(missing is not None))
            all_reduce(absent)
            self._reports = absent.item() == 0
            if not self._reports:
                reason = missing or 'another process lacks the weights.'
                print_log(
                    f'Validation reports no LPIPS: {reason}',
                    'current',
                    level=logging.WARNING,
                )
        return self._reports

    def _missing(self) -> str | None:
        """Why the weights are not to be had, or None."""
        if self._weights is None and not self._download:
            published = BACKBONES[self._net]
            folder = Path(torch.hub.get_dir(), 'checkpoints')
            name = published.url.rsplit('/', 1)[-1]
            if not (folder / name).is_file():
                return (
                    f'{name} is needed and there is no such file: get it '
                    f'from {published.url} and put it in the folder {folder}.'
                )
        black = torch.zeros(1, 3, 64, 64)
        try:
            with torch.no_grad():
                self._distance(black, black)
        except CheckpointError as error:
            if self._weights is not None:
                raise
            return str(error)
        return None

    def prepare(self, module: torch.nn.Module, dataloader) -> None:
        """Called by MMagic's evaluator before the first image."""
        super().prepare(module, dataloader)
        self.reports()

    def process(self, data_batch, data_samples: list[dict]) -> None:
        """Compare the images of one batch, if there is a network for it."""
        if self.reports():
            super().process(data_batch, data_samples)

    @torch.no_grad()
    def process_image(
        self, gt: Tensor, pred: Tensor, mask: Tensor | None = None
    ) -> float:
        """LPIPS of one image.

        Args:
            gt: Ground truth (3, H, W), BGR, 0..255, as MMagic gives it.
            pred: Restored image, likewise.
            mask: Not used.
        """
        pred, gt = (
            image.float().flip(0)[None].to(self.device) / 255
            for image in (pred, gt)
        )
        return self._distance(pred, gt).item()

    def evaluate(self) -> dict[str, float]:
        """Mean over the set, or nothing without a network."""
        return super().evaluate() if self.reports() else {}
