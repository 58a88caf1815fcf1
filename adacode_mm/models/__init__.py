"""Networks, quantizers, losses and the training model."""

from . import backbones, editors, generators, layers, losses, quantizers

__all__ = [
    'backbones',
    'editors',
    'generators',
    'layers',
    'losses',
    'quantizers',
]
