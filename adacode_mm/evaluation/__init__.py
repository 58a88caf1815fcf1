"""Metrics that MMagic lacks, and the protocols they are used by."""

from .metrics import (
    LPIPS,
    NIQE,
    HoleScore,
    IQAScore,
    PerImageMetric,
    ProtocolPSNR,
    ProtocolSSIM,
    RestorationFID,
)
from .protocols import EXTRA_METRICS, PROTOCOLS, Protocol, metric_configs

__all__ = [
    'EXTRA_METRICS',
    'LPIPS',
    'NIQE',
    'PROTOCOLS',
    'HoleScore',
    'IQAScore',
    'PerImageMetric',
    'Protocol',
    'ProtocolPSNR',
    'ProtocolSSIM',
    'RestorationFID',
    'metric_configs',
]
