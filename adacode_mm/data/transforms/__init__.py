from .bicubic_downsample import BicubicDownsample
from .box_mask import BoxMask
from .brush_stroke_mask import BrushStrokeMask, brush_stroke_mask
from .bsrgan_degradation import BSRGANDegradation, BSRGANPlus
from .load_mask_file import LoadMaskFile, read_mask
from .paired_random_resized_crop import PairedRandomResizedCrop
from .random_mask import RandomMask

__all__ = [
    'BSRGANDegradation',
    'BSRGANPlus',
    'BicubicDownsample',
    'BoxMask',
    'BrushStrokeMask',
    'LoadMaskFile',
    'PairedRandomResizedCrop',
    'RandomMask',
    'brush_stroke_mask',
    'read_mask',
]
