"""PSNR and SSIM by a named protocol."""

import math

import numpy as np
from mmagic.evaluation.metrics.psnr import psnr

from adacode_mm.evaluation.planes import planes
from adacode_mm.evaluation.protocols import named_protocol
from adacode_mm.evaluation.structural_similarity import (
    RADIUS,
    protocol_ssim_map,
)
from adacode_mm.registry import METRICS

from .per_image_metric import PerImageMetric


class _ProtocolScore(PerImageMetric):
    def __init__(self, protocol: str = 'bt601', scale: int = 1, **kwargs):
        super().__init__(**kwargs)
        chosen = named_protocol(protocol)
        self._color = chosen.color
        self._border = chosen.border(scale)

    def process_image(self, gt, pred, mask=None) -> float:
        gt, pred = planes(gt, pred, self._color, self._border)
        if min(gt.shape[:2]) < self._smallest:
            return math.nan
        return float(self._score(gt, pred))


@METRICS.register_module()
class ProtocolPSNR(_ProtocolScore):
    """Mean PSNR in dB; higher is better.

    MMagic's PSNR on the planes of a protocol. For 'paper' it has the constant
    of pyiqa, with which it ends at 80 dB; otherwise that of equal images is
    infinite.

    Args:
        protocol: A name of `adacode_mm.evaluation.protocols.PROTOCOLS`.
        scale: Factor of super-resolution, for the cropped border.
        **kwargs: As for `PerImageMetric`.

    Raises:
        ConfigError: If the protocol is unknown.
    """

    metric = 'PSNR'
    _smallest = 1

    def _score(self, gt, pred):
        if self._color != 'YIQ':
            return psnr(gt, pred)
        error = np.mean(((gt - pred) / 255) ** 2)
        return -10 * math.log10(error + 1e-8)


@METRICS.register_module()
class ProtocolSSIM(_ProtocolScore):
    """Mean SSIM; higher is better.

    MMagic's on the planes of a protocol, the mean of the channels for 'rgb'.
    For 'paper' it is pyiqa's: on the luma rounded to integers, where the
    product of contrast and structure is not negative. Images of less than 11
    pixels within the border have none.

    Args:
        protocol: A name of `adacode_mm.evaluation.protocols.PROTOCOLS`.
        scale: Factor of super-resolution, for the cropped border.
        **kwargs: As for `PerImageMetric`.

    Raises:
        ConfigError: If the protocol is unknown.
    """

    metric = 'SSIM'
    _smallest = 2 * RADIUS + 1

    def _score(self, gt, pred):
        return protocol_ssim_map(gt, pred, self._color).mean()
