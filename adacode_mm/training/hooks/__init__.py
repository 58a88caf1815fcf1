from .best_checkpoint_hook import BestCheckpointHook
from .codebook_picture_hook import CodebookPictureHook
from .codebook_usage_hook import CodebookUsageHook
from .codebook_warm_up_hook import CodebookWarmUpHook
from .fit_pre_quants_hook import FitPreQuantsHook
from .restoration_picture_hook import RestorationPictureHook
from .resumable_checkpoint_hook import ResumableCheckpointHook
from .revive_codes_hook import ReviveCodesHook

__all__ = [
    'BestCheckpointHook',
    'CodebookPictureHook',
    'CodebookUsageHook',
    'CodebookWarmUpHook',
    'FitPreQuantsHook',
    'RestorationPictureHook',
    'ResumableCheckpointHook',
    'ReviveCodesHook',
]
