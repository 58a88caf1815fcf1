"""AdaCode for MMagic: importing this package registers everything in it.

Name it in a config, `custom_imports = dict(imports=['adacode_mm'])`, or
import it before MMagic.
"""

from . import compat  # adapts the packages that MMagic imports: must be first

# isort: split
from . import checkpoints, datasets, engine, evaluation, models
from .version import __version__

__all__ = [
    '__version__',
    'checkpoints',
    'compat',
    'datasets',
    'engine',
    'evaluation',
    'models',
]
