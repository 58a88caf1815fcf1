"""The whole pass in bounded memory, layer by layer over strips."""

from .exact_forward import exact_forward
from .passes import Limits

__all__ = ['Limits', 'exact_forward']
