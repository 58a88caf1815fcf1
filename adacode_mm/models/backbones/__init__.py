"""Encoders, decoders and the weight predictor."""

from .fidelity_decoder import FidelityDecoder
from .multi_scale_decoder import MultiScaleDecoder
from .multi_scale_encoder import MultiScaleEncoder
from .plain_net import PlainNet
from .weight_predictor import WeightPredictor

__all__ = [
    'FidelityDecoder',
    'MultiScaleDecoder',
    'MultiScaleEncoder',
    'PlainNet',
    'WeightPredictor',
]
