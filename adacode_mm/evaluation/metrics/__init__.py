from .hole_score import HoleScore
from .iqa_score import IQAScore
from .lpips import LPIPS
from .niqe import NIQE
from .per_image_metric import PerImageMetric
from .protocol_scores import ProtocolPSNR, ProtocolSSIM
from .restoration_fid import RestorationFID

__all__ = [
    'LPIPS',
    'NIQE',
    'HoleScore',
    'IQAScore',
    'PerImageMetric',
    'ProtocolPSNR',
    'ProtocolSSIM',
    'RestorationFID',
]
