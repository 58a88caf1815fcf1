"""Networks, quantizers, losses and the training model."""

from . import (
    adacode,
    backbones,
    editors,
    foreign,
    layers,
    losses,
    quantizers,
    varformer,
)

__all__ = [
    'adacode',
    'backbones',
    'editors',
    'foreign',
    'layers',
    'losses',
    'quantizers',
    'varformer',
]
