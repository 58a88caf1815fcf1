"""Images to worse images: pure functions of an image and a generator."""

from .bsrgan import Step, apply_steps, degrade_bsrgan, draw_bsrgan
from .bsrgan_plus import degrade_bsrgan_plus, draw_bsrgan_plus, unsharp_masked
from .settings import BSRGANPlusSettings, BSRGANSettings

__all__ = [
    'BSRGANPlusSettings',
    'BSRGANSettings',
    'Step',
    'apply_steps',
    'degrade_bsrgan',
    'degrade_bsrgan_plus',
    'draw_bsrgan',
    'draw_bsrgan_plus',
    'unsharp_masked',
]
