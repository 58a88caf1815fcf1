"""NIQE, which looks at the restored image alone."""

import math

from mmagic.evaluation.metrics.niqe import niqe
from torch import Tensor

from adacode_mm.evaluation.planes import eight_bits
from adacode_mm.registry import METRICS

from .per_image_metric import PerImageMetric

# Blocks of 96 pixels; a covariance needs two.
_BLOCK = 96


@METRICS.register_module()
class RestorationNIQE(PerImageMetric):
    """Mean NIQE; lower is better.

    Mittal et al., "Making a completely blind image quality analyzer", 2013,
    as MMagic has it, with the published parameters, which come with MMagic:
    nothing is needed. It is measured on the full-range luma of the 8-bit
    image. An image with less than two whole blocks of 96x96 pixels has none.

    Args:
        **kwargs: As for `PerImageMetric`.
    """

    metric = 'NIQE'
    higher_is_better = False
    needs_gt = False

    def process_image(
        self, gt: Tensor | None, pred: Tensor, mask: Tensor | None = None
    ) -> float:
        """NIQE of `pred`; not a number if it is too small."""
        height, width = pred.shape[-2:]
        if (height // _BLOCK) * (width // _BLOCK) < 2:
            return math.nan
        image = eight_bits(pred).float().cpu().expand(3, -1, -1).numpy()
        return float(niqe(image, 0, input_order='CHW', convert_to='gray'))
