"""Names of a package whose modules are imported when they are asked for."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def lazy_names(
    package: str, places: Mapping[str, str]
) -> Callable[[str], Any]:
    """A `__getattr__` for a module (PEP 562).

    Args:
        package: `__name__` of the module.
        places: Name -> module of this package that defines it.
    """

    def find(name: str) -> Any:
        if name not in places:
            raise AttributeError(f'{package!r} has no attribute {name!r}.')
        return getattr(import_module(f'adacode_mm.{places[name]}'), name)

    return find
