"""controlnet_aux cannot be imported beside mediapipe >= 0.10.30.

`mmagic.apis` imports it for one inferencer. Importing it takes seconds, so it
is not tried here: the attempt is made when somebody imports it, and a failure
then leaves a module whose names cannot be used.
"""

import logging
import sys
import warnings
from importlib.abc import Loader, MetaPathFinder

from .stand_in import Unusable, locate

logger = logging.getLogger(__name__)

NAME = 'controlnet_aux'


class _TolerantLoader(Loader):
    def __init__(self, loader):
        self._loader = loader

    def create_module(self, spec):
        return self._loader.create_module(spec)

    def exec_module(self, module):
        try:
            # its own deprecated imports and re-registrations, at each start
            with warnings.catch_warnings():
                warnings.simplefilter('ignore')
                self._loader.exec_module(module)
        # whatever its own imports raise: an AttributeError with mediapipe
        except Exception as error:
            cause = error

            def find(name):
                if name.startswith('__'):
                    raise AttributeError(name)
                return Unusable(
                    f'{NAME}.{name} cannot be used, because importing '
                    f'{NAME} failed ({type(cause).__name__}: {cause}): '
                    "`pip install 'mediapipe<0.10.22'` brings it back.",
                    cause,
                )

            module.__getattr__ = find
            logger.info('%s: can be imported, not used (%s)', NAME, error)


class _TolerantFinder(MetaPathFinder):
    def find_spec(self, fullname, path=None, target=None):
        if fullname != NAME:
            return None
        sys.meta_path.remove(self)  # ask the others
        try:
            spec = locate(NAME)
        finally:
            sys.meta_path.insert(0, self)
        if spec is not None and spec.loader is not None:
            spec.loader = _TolerantLoader(spec.loader)
        return spec


def apply() -> None:
    """Let a controlnet_aux whose own imports fail be imported all the same."""
    if NAME not in sys.modules and not any(
        isinstance(finder, _TolerantFinder) for finder in sys.meta_path
    ):
        sys.meta_path.insert(0, _TolerantFinder())
