"""Importing this registers everything in the package."""

from .hosts import compat  # adapts what MMagic imports: must be first

# isort: split
from . import checkpoints, data, evaluation, models, training

__all__ = [
    'checkpoints',
    'compat',
    'data',
    'evaluation',
    'models',
    'training',
]
