"""AdaCode, FeMaSR and VQGAN: image -> `CodebookOutput`."""

from .codebook_net import CodebookNet
from .image_codebook_net import ImageCodebookNet

__all__ = ['CodebookNet', 'ImageCodebookNet']
