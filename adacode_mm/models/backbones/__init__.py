"""Encoders, decoders and the weight predictor."""

from .multi_scale_decoder import MultiScaleDecoder
from .multi_scale_encoder import MultiScaleEncoder
from .weight_predictor import WeightPredictor

__all__ = ['MultiScaleDecoder', 'MultiScaleEncoder', 'WeightPredictor']
