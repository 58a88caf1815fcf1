"""Building blocks: tensor in, tensor out, in no registry."""

from .frozen import freeze
from .res_block import ResBlock, group_norm
from .scale_blocks import DownBlock, UpBlock
from .swin_layers import SwinLayers

__all__ = [
    'DownBlock',
    'ResBlock',
    'SwinLayers',
    'UpBlock',
    'freeze',
    'group_norm',
]
