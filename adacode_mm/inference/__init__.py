"""Pure functions around a network: holes, padding, tiling, code pictures."""

from .hole_fill import HOLE_FILLS, fill_holes, harmonic_fill, white_holes
from .padding import pad_symmetric, padded_forward, padded_size
from .restore import restore

__all__ = [
    'HOLE_FILLS',
    'fill_holes',
    'harmonic_fill',
    'pad_symmetric',
    'padded_forward',
    'padded_size',
    'restore',
    'white_holes',
]
