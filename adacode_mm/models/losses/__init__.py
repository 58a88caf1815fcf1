"""Losses of codebook networks, one mechanism per file.

Code-level losses are called with a `CodebookOutput` and what their `target`
names: 'prior' is the output of the frozen HQ network (None when `needs_prior`
is False and there is none), 'gt' the ground truth in [0, 1]. `LPIPSLoss` and
`STLPIPSLoss` are called with two images.
"""

from .gram import GramLoss, gram_distance
from .info_nce_loss import InfoNCELoss
from .lpips_loss import LPIPSLoss
from .prior_match_loss import PriorMatchLoss
from .semantic_loss import SemanticLoss
from .st_lpips_loss import STLPIPSLoss
from .vq_loss import VQLoss

__all__ = [
    'GramLoss',
    'InfoNCELoss',
    'LPIPSLoss',
    'PriorMatchLoss',
    'STLPIPSLoss',
    'SemanticLoss',
    'VQLoss',
    'gram_distance',
]
