"""Whole codebook networks: image -> `CodebookOutput`, and their adapters."""

from .codebook_net import CodebookNet
from .codeless_net import CodelessNet
from .image_codebook_net import ImageCodebookNet

__all__ = ['CodebookNet', 'CodelessNet', 'ImageCodebookNet']
