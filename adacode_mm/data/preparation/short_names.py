"""Short names for files, which tell apart what lies in different folders."""

import re
from collections import Counter
from collections.abc import Iterable

from .manifest import sha256


def short_names(
    sources: Iterable[str], taken: dict[str, str] | None = None
) -> dict[str, str]:
    """A file name for each source: its stem, where that is not ambiguous.

    What is unsafe in annotation files, LMDB keys or shells (spaces, letters
    beyond ASCII) becomes '_'. Sources of the same stem get their folders in
    front, 'DIV2K_0001' and 'DIV8K_0001'; if that does not tell them apart, a
    piece of the hash of the source behind.

    Args:
        sources: As of `ImageFile`.
        taken: From source to name, of names that are in use already; they are
            kept.

    Returns:
        From source to name; the same for any order of `sources`.
    """
    taken = dict(taken or {})
    sources = sorted(set(sources) | set(taken))
    stems = {source: _safe(_stem(source)) for source in sources}
    # Not every file system tells A from a.
    count = Counter(stem.casefold() for stem in stems.values())
    used = {name.casefold() for name in taken.values()}
    names = {}
    for source in sources:
        name = taken.get(source)
        if name is None:
            name = stems[source]
            if count[name.casefold()] > 1 or name.casefold() in used:
                folders = source.split('/')[:-1]
                name = _safe('_'.join([*folders, _stem(source)]))
            if name.casefold() in used:
                name = f'{name}-{sha256(source.encode())[:8]}'
            used.add(name.casefold())
        names[source] = name
    return names


def _stem(source):
    return source.rsplit('/', 1)[-1].rsplit('.', 1)[0]


def _safe(name):
    return re.sub(r'[^A-Za-z0-9._+=@()-]', '_', name)
