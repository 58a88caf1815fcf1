"""What kind of value each section of a config is: a dict, a list, a text."""

import inspect
import typing
from collections.abc import Mapping
from types import NoneType

from mmengine.config import Config
from mmengine.runner import Runner

from adacode_mm.core.exceptions import ConfigError

_KINDS = {dict: 'a dict', list: 'a list', str: 'text', bool: 'True or False'}
# Lists whose entries are dicts that something is built from.
_BUILT = ('pipeline', 'transforms', 'metrics', 'custom_hooks', 'vis_backends')


def check_sections(cfg: Config) -> None:
    """Compare each section with the annotation of MMEngine's runner.

    Raises:
        ConfigError: If one is, say, text where a dict has to be, or has an
            entry that nothing can be built from.
    """
    for name, parameter in inspect.signature(Runner).parameters.items():
        value = cfg.get(name)
        kinds = _kinds(parameter.annotation)
        # Several loaders may be a list, and an object may stand there, too.
        plain = isinstance(value, str | bool | int | float)
        fits = any(isinstance(value, each) for each in kinds)
        if plain and kinds and not fits and name != 'log_level':
            expected = ' or '.join(_KINDS[each] for each in kinds)
            raise ConfigError(f'{name} must be {expected}, got {value!r}.')
    _check_entries(cfg.to_dict(), '')


def _kinds(hint):
    parts = typing.get_args(hint)
    if typing.get_origin(hint) is not typing.Union:
        parts = (hint,)
    origins = [
        typing.get_origin(each) or each
        for each in parts
        if each is not NoneType
    ]
    return [each for each in origins if each in _KINDS]


def _check_entries(node, path):
    items = []
    if isinstance(node, Mapping):
        items = node.items()
    elif isinstance(node, list | tuple):
        items = enumerate(node)
    for key, value in items:
        place = f'{path}.{key}' if path else f'{key}'
        if key in _BUILT and value is not None:
            _check_built(place, value)
        _check_entries(value, place)


def _check_built(place, entries):
    if isinstance(entries, Mapping):
        return
    if not isinstance(entries, list | tuple):
        raise ConfigError(
            f'{place} must be a list of dicts with a type, got {entries!r}.'
        )
    for number, entry in enumerate(entries):
        if isinstance(entry, str | int | float):
            raise ConfigError(
                f'{place}.{number} must be a dict with a type, got {entry!r}.'
            )
