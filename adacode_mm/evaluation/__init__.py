"""Metrics that MMagic lacks, and the protocols they are used by."""

from adacode_mm.evaluation.metrics.hole_score import HoleScore
from adacode_mm.evaluation.metrics.iqa_score import IQAScore
from adacode_mm.evaluation.metrics.lpips import LPIPS
from adacode_mm.evaluation.metrics.per_image_metric import PerImageMetric
from adacode_mm.evaluation.metrics.protocol_scores import (
    ProtocolPSNR,
    ProtocolSSIM,
)
from adacode_mm.evaluation.metrics.restoration_fid import RestorationFID
from adacode_mm.evaluation.metrics.restoration_niqe import RestorationNIQE

from .protocols import EXTRA_METRICS, PROTOCOLS, Protocol, metric_configs

__all__ = [
    'EXTRA_METRICS',
    'LPIPS',
    'PROTOCOLS',
    'HoleScore',
    'IQAScore',
    'PerImageMetric',
    'Protocol',
    'ProtocolPSNR',
    'ProtocolSSIM',
    'RestorationFID',
    'RestorationNIQE',
    'metric_configs',
]
