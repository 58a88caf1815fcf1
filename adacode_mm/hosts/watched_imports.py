"""Do something just before or after another package is imported.

So that importing this package neither imports MMagic, which takes seconds,
nor has to happen at a certain time.
"""

import sys
from collections.abc import Callable
from importlib.abc import Loader, MetaPathFinder
from importlib.util import find_spec


class ImportWatcher(MetaPathFinder):
    """Runs actions once, around the first import of the modules it knows."""

    def __init__(self):
        self._before: dict[str, list[Callable[[], None]]] = {}
        self._after: dict[str, list[Callable[[], None]]] = {}

    def before(self, name: str, action: Callable[[], None]) -> None:
        """Run `action` before a module is imported; now, if it was already."""
        self._add(self._before, name, action)

    def after(self, name: str, action: Callable[[], None]) -> None:
        """Run `action` when a module was imported; now, if it was already."""
        self._add(self._after, name, action)

    def _add(self, actions, name, action):
        if name in sys.modules:
            action()
        else:
            actions.setdefault(name, []).append(action)

    def find_spec(self, name, path=None, target=None):
        """The spec of the other finders, with a loader that tells us."""
        for action in self._before.pop(name, ()):
            action()
        if name not in self._after:
            return None
        actions = self._after.pop(name)  # so that the others are asked now
        spec = find_spec(name)
        if spec is None or spec.loader is None:
            self._after[name] = actions
            return spec
        spec.loader = _TellingLoader(spec.loader, actions)
        return spec


class _TellingLoader(Loader):
    def __init__(self, loader, actions):
        self._loader, self._actions = loader, actions

    def __getattr__(self, name):
        return getattr(self._loader, name)

    def create_module(self, spec):
        return self._loader.create_module(spec)

    def exec_module(self, module):
        module.__spec__.loader = module.__loader__ = self._loader
        self._loader.exec_module(module)
        for action in self._actions:
            action()
