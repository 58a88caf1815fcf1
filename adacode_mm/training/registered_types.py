"""Whether a type that a config names is a registered class."""

import difflib
import functools

from mmagic import registry as mmagic_registry
from mmengine import registry as mmengine_registry
from mmengine.registry import Registry

from adacode_mm import registry
from adacode_mm.core.exceptions import ConfigError

# Where a class may be without a package of its own.
_SCOPES = ('adacode_mm', 'mmagic', 'mmengine')
_CLOSE = 0.8  # a name this close to a known one is a slip of it


def check_type(place: str, name: str) -> None:
    """Refuse what is no registered class, but nearly the name of one.

    Args:
        place: Where the config has it.
        name: The type, with or without its scope.

    Raises:
        ConfigError: If it is a slip.
    """
    scope, _, bare = name.rpartition('.')
    kinds = _all_registries()
    if bare[:1].islower():  # a way to initialise or the like, no class
        return
    if scope not in ('', *_SCOPES) or any(each.get(name) for each in kinds):
        return
    known = sorted({each for kind in kinds for each in _names(kind)})
    close = difflib.get_close_matches(bare, known, 1, _CLOSE)
    if close:
        raise ConfigError(
            f'{place}.type is {name!r}, which is no registered class: did '
            f'you mean {close[0]!r}?'
        )


@functools.cache
def _all_registries():
    others = (*vars(mmagic_registry).values(), mmengine_registry.FUNCTIONS)
    ours = (getattr(registry, kind) for kind in registry.KINDS)
    return *ours, *(each for each in others if isinstance(each, Registry))


def _names(kind):
    return getattr(kind, 'names', None) or kind.module_dict
