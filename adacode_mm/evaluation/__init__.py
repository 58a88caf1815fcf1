"""Metrics that MMagic lacks, and the protocols they are used by."""

from .metrics import (
    LPIPS,
    HoleScore,
    IQAScore,
    PerImageMetric,
    ProtocolPSNR,
    ProtocolSSIM,
    RestorationFID,
    RestorationNIQE,
)
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
