"""What runs beside the training loop."""

from .hooks import CodebookPictureHook, CodebookUsageHook

__all__ = ['CodebookPictureHook', 'CodebookUsageHook']
