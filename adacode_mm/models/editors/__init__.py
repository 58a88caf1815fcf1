"""Training models: optimizer steps around a generator."""

from .codebook_editor import CodebookEditor
from .compared_editors import ComparedEditors

__all__ = ['CodebookEditor', 'ComparedEditors']
