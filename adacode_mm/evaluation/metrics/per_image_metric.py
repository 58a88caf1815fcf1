"""What the metrics here have in common."""

import logging
import math

import torch
from mmagic.evaluation.metrics.base_sample_wise_metric import (
    BaseSampleWiseMetric,
)
from mmagic.evaluation.metrics.metrics_utils import obtain_data
from mmengine.dist import all_reduce, barrier, is_main_process
from mmengine.logging import print_log
from torch import Tensor

from adacode_mm.core.exceptions import InputError


class PerImageMetric(BaseSampleWiseMetric):
    """Mean of a number that every image of a set has.

    It works wherever MMagic's metrics do: in a `val_evaluator`, and, without
    a runner, by `process` and `evaluate`. Two things are added. A metric that
    lacks a file or a package says so before the first image, and gives no
    number then. An image that a score is not defined for (it is too small, or
    has no hole) is left out of the mean, which is said, too.

    A subclass sets `metric`, the name in the results, and
    `higher_is_better`, and has `process_image`.

    Args:
        gt_key: Key of the ground truth.
        pred_key: Key of the prediction.
        mask_key: Key of the mask, if the score needs one.
        prefix: As for MMagic's metrics, like the rest.
        device: Where images are compared.
        collect_device: Where results of several processes meet.

    Attributes:
        missing: After `reports`: one sentence that says which file or package
            is needed and where to get it; None if nothing is.
        values: After `evaluate`, in the main process: the value of every
            image, in order; not a number where there is none.
    """

    higher_is_better = True
    needs_gt = True
    default_prefix = ''  # no warning where none is wanted

    def __init__(
        self,
        gt_key: str = 'gt_img',
        pred_key: str = 'pred_img',
        mask_key: str | None = None,
        prefix: str | None = None,
        device: str = 'cpu',
        collect_device: str = 'cpu',
    ):
        super().__init__(
            gt_key=gt_key,
            pred_key=pred_key,
            mask_key=mask_key,
            device=device,
            collect_device=collect_device,
            prefix=prefix,
        )
        self.missing: str | None = None
        self.values: list[float] = []
        self._reports: bool | None = None

    def reports(self) -> bool:
        """Whether there will be a number; every process gets one answer.

        The first call reads what the metric needs. All processes must make
        it.
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
                self.missing = missing or 'another process lacks the weights.'
                self._warn(
                    f'Validation reports no {self.metric}: {self.missing}'
                )
        return self._reports

    def _missing(self) -> str | None:
        """Why there can be no number, in one sentence; or None."""
        return None

    def _warn(self, message: str) -> None:
        print_log(message, 'current', level=logging.WARNING)

    def prepare(self, module: torch.nn.Module, dataloader) -> None:
        """Called by MMagic's evaluator before the first image."""
        super().prepare(module, dataloader)
        self.reports()

    def process(self, data_batch, data_samples: list[dict]) -> None:
        """Compare the images of one batch.

        Args:
            data_batch: Not used.
            data_samples: One dict an image, with the ground truth, the
                prediction (in its dict `output`, as MMagic has it, or beside
                the ground truth) and, where it is needed, the mask. Images
                are (3, H, W), BGR, or (1, H, W), gray, in 0..255; a mask is
                (1, H, W), not zero in holes.

        Raises:
            InputError: If something is missing, or sizes differ.
        """
        if not self.reports():
            return
        for sample in data_samples:
            pred = self._image(sample.get('output', sample), self.pred_key)
            others = {
                self.gt_key: self.needs_gt,
                self.mask_key: self.mask_key is not None,
            }
            gt, mask = (
                self._image(sample, key, pred) if needed else None
                for key, needed in others.items()
            )
            value = self.process_image(gt, pred, mask)
            self.results.append({self.metric: value})

    def _image(
        self, sample: dict, key: str, pred: Tensor | None = None
    ) -> Tensor:
        """The image `key` of a sample, of the size of `pred` if given."""
        try:
            image = torch.as_tensor(obtain_data(sample, key, self.device))
        except KeyError as error:
            raise InputError(
                f'{self.metric} needs {key!r} in every data sample, got '
                f'{sorted(sample)}: let the pipeline pack it.'
            ) from error
        where = sample.get('gt_path') or sample.get('img_path')
        where = f' ({where})' if where else ''
        if image.ndim != 3 or image.shape[0] not in (1, 3):
            raise InputError(
                f'{self.metric} needs {key!r} of shape (3, H, W) or (1, H, W)'
                f', got {tuple(image.shape)}{where}.'
            )
        if pred is not None and image.shape[-2:] != pred.shape[-2:]:
            raise InputError(
                f'{self.metric} needs images of one size, got '
                f'{self.pred_key} of {_size(pred)} and {key} of '
                f'{_size(image)} pixels{where}: check the scale, or crop one '
                f'of them.'
            )
        return image.to(self.device)

    def process_image(
        self, gt: Tensor | None, pred: Tensor, mask: Tensor | None
    ) -> float:
        """Value of one image; not a number if it has none.

        Args:
            gt: Ground truth, see `process`; None without `needs_gt`.
            pred: Prediction of the same height and width.
            mask: Mask of the same height and width; None without `mask_key`.
        """
        raise NotImplementedError

    def compute_metrics(self, results: list[dict]) -> dict[str, float]:
        """Mean over the images that have a value."""
        self.values = [float(result[self.metric]) for result in results]
        defined = [value for value in self.values if not math.isnan(value)]
        if len(defined) < len(self.values):
            self._warn(
                f'{self.metric} is the mean of {len(defined)} of '
                f'{len(self.values)} images: the others are too small for '
                f'it{" or have no hole" if self.mask_key else ""}.'
            )
        if not defined:
            return {}
        return {self.metric: sum(defined) / len(defined)}

    def evaluate(self, size: int | None = None) -> dict[str, float]:
        """Mean over the set, or nothing where nothing can be reported.

        Args:
            size: Images of the set, if there was no `prepare`.
        """
        if not self.reports():
            return {}
        if size is None:
            size = getattr(self, 'size', len(self.results))
        # Past MMagic's, which takes the size of `prepare` only.
        return super(BaseSampleWiseMetric, self).evaluate(size)


def _size(image: Tensor) -> str:
    return f'{image.shape[-1]}x{image.shape[-2]}'
