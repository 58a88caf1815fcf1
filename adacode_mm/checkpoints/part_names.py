"""Short names for many parameters of a network."""

import re
from collections import Counter
from collections.abc import Collection, Iterable

from torch import nn


def parameter_names(module: nn.Module) -> dict[str, bool]:
    """Parameter -> is it trained; without the names of wrapped children."""
    return {
        re.sub(r'^(\w+)\.module\.', r'\1.', name): parameter.requires_grad
        for name, parameter in module.named_parameters()
    }


def describe_parts(keys: Iterable[str], among: Collection[str]) -> str:
    """The largest parts that make up `keys`, with their numbers of tensors.

    Args:
        keys: Dotted names of tensors.
        among: Names of all tensors, of which `keys` are some.

    Returns:
        For example 'encoder (56 tensors), decoder.out_conv.bias'; 'nothing'
        without keys.
    """
    keys = list(keys)
    total = _sizes(among)
    chosen = _sizes(keys)
    parts = {}
    for key in keys:
        # The shortest prefix below which nothing is missing.
        part = next(p for p in _prefixes(key) if chosen[p] == total[p])
        parts[part] = chosen[part]
    words = [
        f'{part} ({size} tensors)' if size > 1 else part
        for part, size in parts.items()
    ]
    return ', '.join(words) or 'nothing'


def _prefixes(key):
    steps = key.split('.')
    return ['.'.join(steps[:n]) for n in range(1, len(steps) + 1)]


def _sizes(keys) -> Counter:
    return Counter(prefix for key in keys for prefix in _prefixes(key))
