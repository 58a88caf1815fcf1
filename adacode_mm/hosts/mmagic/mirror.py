"""MMagic's registries find our classes by their names alone.

So `type='CodebookNet'` works in MMagic's scope. A name that MMagic has stays
MMagic's: then only the prefixed name, `adacode_mm.X`, is ours.
"""

import functools
from importlib import import_module

from adacode_mm import registry


def apply() -> None:
    """Let MMagic's registries ask ours for what they do not have."""
    host = import_module('mmagic.registry')  # not yet in `mmagic`
    for kind in registry.KINDS:
        _mirror(getattr(host, kind), getattr(registry, kind))


def _mirror(theirs, ours):
    original = theirs.get

    @functools.wraps(original)
    def get(key):
        try:
            found = original(key)
        except RuntimeError:  # MMEngine's word for a name it cannot find
            found = None
        if found is None:
            scope, name = theirs.split_scope_key(key)
            if scope in (None, theirs.scope):
                return ours.own(name)
        return found

    theirs.get = get
