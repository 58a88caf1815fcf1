"""Whole codebook networks: image -> `CodebookOutput`."""

from .codebook_net import CodebookNet

__all__ = ['CodebookNet']
