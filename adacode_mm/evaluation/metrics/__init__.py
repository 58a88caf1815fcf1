from .hole_score import HoleScore
from .iqa_score import IQAScore
from .lpips import LPIPS, STLPIPS
from .per_image_metric import PerImageMetric
from .protocol_scores import ProtocolPSNR, ProtocolSSIM
from .restoration_fid import RestorationFID
from .restoration_niqe import RestorationNIQE

__all__ = [
    'LPIPS',
    'STLPIPS',
    'HoleScore',
    'IQAScore',
    'PerImageMetric',
    'ProtocolPSNR',
    'ProtocolSSIM',
    'RestorationFID',
    'RestorationNIQE',
]
