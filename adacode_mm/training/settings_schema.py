"""What may stand in a part of a config, from the code that reads it."""

import functools
import inspect
import re
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from inspect import Parameter
from types import NoneType, UnionType
from typing import Any, Literal

from torch import Tensor

# What no text stands for in a config.
_NOT_TEXT = (Tensor, dict, list, tuple)
# Parameters that MMEngine fills in itself.
_NAMED = {Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY}
_ANY = {Parameter.VAR_KEYWORD, Parameter.VAR_POSITIONAL}
_FILLED_IN = ('self', 'optimizer', 'param_name', 'parameters')


@dataclass(frozen=True)
class Schema:
    """Names and types of the settings of one part.

    Args:
        reader: Who reads them, for messages.
        hints: Setting -> its annotation; `Any` where there is none.
        complete: Whether there are no others. If not, only a name that looks
            like a slip of one of these is wrong.
        ours: Whether the annotations can be relied on; those of other
            packages are often narrower than what the code takes.
    """

    reader: str
    hints: Mapping[str, Any] = field(default_factory=dict)
    complete: bool = True
    ours: bool = False

    def also(self, *names: str) -> 'Schema':
        """With more settings, of any type."""
        hints = {**dict.fromkeys(names, Any), **self.hints}
        return Schema(self.reader, hints, self.complete, self.ours)


@functools.cache
def schema_of(function: Callable, whole_mro: bool = False) -> Schema:
    """Parameters of a function or of a class's constructor.

    Args:
        function: Anything callable.
        whole_mro: Whether a constructor hands `**kwargs` to those of its
            parent classes.
    """
    places = [function]
    if whole_mro:
        places = [each.__init__ for each in function.__mro__[:-1]]
    hints, complete = {}, False
    for place in places:
        try:
            parameters = inspect.signature(place).parameters.values()
        except (TypeError, ValueError):
            break
        known = _type_hints(place)
        kinds = {each.kind for each in parameters}
        for each in parameters:
            if each.kind in _NAMED and each.name not in _FILLED_IN:
                hints.setdefault(each.name, known.get(each.name, Any))
        if not kinds & _ANY:
            complete = True
            break
    ours = function.__module__.startswith('adacode_mm')
    return Schema(function.__name__, hints, complete, ours)


def _type_hints(place):
    function = place.__init__ if inspect.isclass(place) else place
    try:
        return typing.get_type_hints(function)
    except Exception:  # names that exist only while types are checked
        return {}


@functools.cache
def keys_read(place: Callable, variable: str) -> frozenset[str]:
    """Keys that the source of a function or class looks up in a dict.

    Args:
        place: Function or class.
        variable: Name of the dict there, such as `env_cfg` in
            `env_cfg.get('cudnn_benchmark')`.
    """
    try:
        source = inspect.getsource(place)
    except (OSError, TypeError):
        return frozenset()
    name = re.escape(variable)
    found = re.findall(rf"\b{name}(?:\.get\(|\[)\s*['\"](\w+)", source)
    return frozenset(found)


def keys_of_class(cls: type, variable: str) -> frozenset[str]:
    """The same for a class and those that it comes from."""
    return frozenset().union(
        *(keys_read(each, variable) for each in cls.__mro__[:-1])
    )


def accepts(hint: Any, value: Any, strict: bool) -> bool:
    """Whether a value can be one of an annotated type.

    A whole number is a `float`, too, and 5.0 an `int`. What a config builds,
    dicts and lists of them, is left to the builder.

    Args:
        hint: Annotation.
        value: Value in a config.
        strict: Whether a list or a dict is wrong where the annotation has a
            plain value.
    """
    if value is None or hint in (Any, Parameter.empty, object):
        return True
    origin = typing.get_origin(hint)
    if origin is Literal:
        return value in typing.get_args(hint)
    if origin in (typing.Union, UnionType):
        return any(
            accepts(each, value, strict)
            for each in typing.get_args(hint)
            if each is not NoneType
        )
    if hint not in (int, float, str, bool):
        # `Sequence[int]` for 5: many functions of other packages take both.
        text = isinstance(value, str) and hint in _NOT_TEXT
        return not text
    if isinstance(value, list | tuple | Mapping):
        return not strict
    if not strict:
        # Other packages write `int` for what may be 0.1, and `str` for both.
        return hint is str or not isinstance(value, str)
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if hint is int and isinstance(value, float):
        return value.is_integer()
    return type(value) is hint


def name_of(hint: Any) -> str:
    """An annotation as a message shows it."""
    if typing.get_origin(hint) is Literal:
        return f'one of {", ".join(map(repr, typing.get_args(hint)))}'
    if inspect.isclass(hint) and typing.get_origin(hint) is None:
        return hint.__name__
    return str(hint).replace('typing.', '')
