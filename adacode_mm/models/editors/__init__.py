"""Training models: optimizer steps around a generator."""

from .codebook_editor import CodebookEditor

__all__ = ['CodebookEditor']
