from .best_checkpoint_hook import BestCheckpointHook
from .codebook_picture_hook import CodebookPictureHook
from .codebook_usage_hook import CodebookUsageHook
from .restoration_picture_hook import RestorationPictureHook
from .resumable_checkpoint_hook import ResumableCheckpointHook

__all__ = [
    'BestCheckpointHook',
    'CodebookPictureHook',
    'CodebookUsageHook',
    'RestorationPictureHook',
    'ResumableCheckpointHook',
]
