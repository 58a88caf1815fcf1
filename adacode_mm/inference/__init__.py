"""Pure functions around a network: padding, tiling, pictures of codes."""

from .padding import pad_symmetric, padded_forward, padded_size
from .restore import restore

__all__ = ['pad_symmetric', 'padded_forward', 'padded_size', 'restore']
