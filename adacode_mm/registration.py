"""Importing this registers everything in the package."""

from . import compat  # adapts the packages that MMagic imports: must be first

# isort: split
from . import checkpoints, datasets, engine, evaluation, models

__all__ = [
    'checkpoints',
    'compat',
    'datasets',
    'engine',
    'evaluation',
    'models',
]
