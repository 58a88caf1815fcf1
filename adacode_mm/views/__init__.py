"""Tensors and numbers to uint8 RGB pictures; no files and no models here."""

from .captioned import captioned
from .codebook_names import codebook_names
from .codebook_sheet import codebook_sheet
from .comparison import side_by_side
from .contact_sheet import Tile, contact_sheet
from .curves import loss_curves
from .degradation_sheet import degradation_sheet
from .picture import to_picture
from .usage_sheet import usage_sheet
from .weight_map import weight_maps_picture
from .weight_sheet import leading_codebook, leading_sheet, weight_sheet

__all__ = [
    'Tile',
    'captioned',
    'codebook_names',
    'codebook_sheet',
    'contact_sheet',
    'degradation_sheet',
    'leading_codebook',
    'leading_sheet',
    'loss_curves',
    'side_by_side',
    'to_picture',
    'usage_sheet',
    'weight_maps_picture',
    'weight_sheet',
]
