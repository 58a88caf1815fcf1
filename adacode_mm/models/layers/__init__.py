"""Building blocks: tensor in, tensor out, in no registry."""

from .frozen import freeze
from .full_precision import full_precision
from .pixel_linear import PixelLinear
from .res_block import ResBlock, group_norm
from .scale_blocks import DownBlock, UpBlock
from .swin_layers import SwinLayers

__all__ = [
    'DownBlock',
    'PixelLinear',
    'ResBlock',
    'SwinLayers',
    'UpBlock',
    'freeze',
    'full_precision',
    'group_norm',
]
