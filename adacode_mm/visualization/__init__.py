"""Tensors and numbers to uint8 RGB pictures; no files and no models here."""

from .captioned import captioned
from .codebook_sheet import codebook_sheet
from .comparison import side_by_side
from .curves import loss_curves
from .picture import to_picture
from .weight_map import weight_maps_picture

__all__ = [
    'captioned',
    'codebook_sheet',
    'loss_curves',
    'side_by_side',
    'to_picture',
    'weight_maps_picture',
]
