"""Networks, quantizers, losses and the training model."""

from . import adacode, backbones, editors, foreign, layers, losses, quantizers

__all__ = [
    'adacode',
    'backbones',
    'editors',
    'foreign',
    'layers',
    'losses',
    'quantizers',
]
