"""Modules and names that stand in for what a newer package has dropped."""

import sys
from collections.abc import Callable
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import find_spec
from types import ModuleType
from typing import Any


def locate(name: str) -> ModuleSpec | None:
    """Where `import name` would find a module, without importing anything.

    `importlib.util.find_spec` imports the parents of a submodule, which
    costs seconds for packages such as diffusers.

    Args:
        name: Absolute dotted name.

    Returns:
        The module's spec; None if it, or one of its parents, is missing.
    """
    parts = name.split('.')
    if parts[0] in sys.modules:
        # `find_spec` raises for modules made by hand, which have no spec
        spec = getattr(sys.modules[parts[0]], '__spec__', None)
    else:
        spec = find_spec(parts[0])
    for end in range(2, len(parts) + 1):
        if spec is None or spec.submodule_search_locations is None:
            return None
        spec = PathFinder.find_spec(
            '.'.join(parts[:end]), spec.submodule_search_locations
        )
    return spec


def lacks(name: str) -> bool:
    """Whether a package is installed and this submodule of it is not."""
    package = name.partition('.')[0]
    if name in sys.modules or locate(package) is None:
        return False
    return locate(name) is None


def stand_in(name: str, resolve: Callable[[str], Any]) -> ModuleType:
    """Put a module into `sys.modules` that finds its names when asked.

    Args:
        name: Absolute dotted name of the module.
        resolve: From an attribute's name to its value. Names with leading
            double underscores are never asked for.
    """

    def find(attribute: str) -> Any:
        if attribute.startswith('__'):
            raise AttributeError(attribute)
        return resolve(attribute)

    module = ModuleType(name, 'Stand-in made by adacode_mm.hosts.compat.')
    module.__getattr__ = find
    # a spec without loader: mmcv and others probe for modules by spec
    module.__spec__ = ModuleSpec(name, loader=None)
    sys.modules[name] = module
    return module


class Unusable:
    """Something that can be imported and named, but not called.

    Its attributes are as unusable: `Thing.from_pretrained` can be read, and
    `Thing.from_pretrained()` raises.

    Args:
        reason: One sentence: what is missing and what to do.
        cause: The error that made it unusable, if there was one.

    Raises:
        ImportError: With `reason`, when it is called.
    """

    def __init__(self, reason: str, cause: Exception | None = None):
        self._reason = reason
        self._cause = cause

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise ImportError(self._reason) from self._cause

    def __getattr__(self, name: str) -> Any:
        if name.startswith('_'):  # inspect, copy and pickle ask for these
            raise AttributeError(name)
        return self
