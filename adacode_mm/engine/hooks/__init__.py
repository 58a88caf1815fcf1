from .codebook_picture_hook import CodebookPictureHook
from .codebook_usage_hook import CodebookUsageHook

__all__ = ['CodebookPictureHook', 'CodebookUsageHook']
