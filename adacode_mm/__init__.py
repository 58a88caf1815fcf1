"""Codebook-prior image restoration for MMagic and MMEngine.

Name this package in a config, `custom_imports = dict(imports=['adacode_mm'])`,
or import it before MMagic: MMagic then finds our classes, and is adapted to
the packages of today when it is imported.
"""

from typing import TYPE_CHECKING

from .core.lazy_names import lazy_names
from .hosts.install import install
from .version import __version__

if TYPE_CHECKING:
    from .core.exceptions import InputError
    from .restoring.restorer import Restorer

__all__ = ['InputError', 'Restorer', '__version__']

__getattr__ = lazy_names(
    __name__,
    {'InputError': 'core.exceptions', 'Restorer': 'restoring.restorer'},
)
install()
