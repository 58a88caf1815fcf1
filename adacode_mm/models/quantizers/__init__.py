"""Quantizers: features -> `Quantized`, one or one per scale."""

from .multi_scale_quantizer import MultiScaleQuantizer
from .vector_quantizer import VectorQuantizer

__all__ = ['MultiScaleQuantizer', 'VectorQuantizer']
