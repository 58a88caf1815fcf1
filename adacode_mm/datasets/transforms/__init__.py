from .bicubic_downsample import BicubicDownsample
from .brush_stroke_mask import BrushStrokeMask, brush_stroke_mask
from .paired_random_resized_crop import PairedRandomResizedCrop

__all__ = [
    'BicubicDownsample',
    'BrushStrokeMask',
    'PairedRandomResizedCrop',
    'brush_stroke_mask',
]
