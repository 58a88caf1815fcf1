"""Scores of inpainting inside the holes only."""

import math

import numpy as np
from torch import Tensor

from adacode_mm.core.exceptions import ConfigError
from adacode_mm.evaluation.planes import cropped, planes
from adacode_mm.evaluation.protocols import named_protocol
from adacode_mm.evaluation.structural_similarity import (
    RADIUS,
    protocol_ssim_map,
)
from adacode_mm.registry import METRICS

from .per_image_metric import PerImageMetric


@METRICS.register_module()
class HoleScore(PerImageMetric):
    """PSNR, L1 or SSIM inside the holes only.

    Whole-image scores of inpainting mostly say how much of the image was
    known. This one is the mean over the pixels of the holes, image by image;
    an image without a hole has none.

    - 'PSNR': of the protocol's plane, in dB.
    - 'L1': mean absolute difference of the RGB values as a part of 255,
      whatever the plane; lower is better.
    - 'SSIM': mean of the SSIM map of the protocol's plane at pixels of the
      holes; its windows reach beyond the holes, pixels nearer than 5 to the
      border have none.

    Args:
        score: 'PSNR', 'L1' or 'SSIM'; the result is called Hole-PSNR etc.
        protocol: A name of `adacode_mm.evaluation.protocols.PROTOCOLS`.
        scale: As for `ProtocolPSNR`.
        mask_key: Key of the mask (1, H, W), not zero in holes.
        **kwargs: As for `PerImageMetric`.

    Raises:
        ConfigError: If the score or the protocol is unknown.
    """

    metric = 'Hole-PSNR'

    def __init__(
        self,
        score: str = 'PSNR',
        protocol: str = 'bt601',
        scale: int = 1,
        mask_key: str = 'mask',
        **kwargs,
    ):
        if score not in ('PSNR', 'L1', 'SSIM'):
            raise ConfigError(
                f"score must be 'PSNR', 'L1' or 'SSIM', got {score!r}."
            )
        super().__init__(mask_key=mask_key, **kwargs)
        chosen = named_protocol(protocol)
        self.metric = f'Hole-{score}'
        self.higher_is_better = score != 'L1'
        self._score = score
        self._color = 'RGB' if score == 'L1' else chosen.color
        self._border = chosen.border(scale)

    def process_image(self, gt: Tensor, pred: Tensor, mask: Tensor) -> float:
        """Score of one image; not a number without a hole."""
        gt, pred = planes(gt, pred, self._color, self._border)
        hole = cropped((mask != 0).any(0).cpu().numpy(), self._border)
        if self._score == 'SSIM':
            if min(hole.shape) < 2 * RADIUS + 1:
                return math.nan
            inside = slice(RADIUS, -RADIUS)
            hole = hole[inside, inside]
        if not hole.any():
            return math.nan
        if self._score == 'SSIM':
            similarity = protocol_ssim_map(gt, pred, self._color)
            return float(similarity[hole].mean())
        difference = (gt[hole].astype(np.float64) - pred[hole]) / 255
        if self._score == 'L1':
            return float(np.abs(difference).mean())
        return self._psnr(float((difference**2).mean()))

    def _psnr(self, error):
        error += 1e-8 if self._color == 'YIQ' else 0
        return -10 * math.log10(error) if error else math.inf
