"""A wrapper whose parameters are called as in the network inside."""

import re

from torch import nn

_NETWORK = 'network.'


def hide_inner_names(module: nn.Module) -> None:
    """Leave out `network.` in the state dict of a module."""
    module._register_state_dict_hook(_without_prefix)
    module.register_load_state_dict_pre_hook(_with_prefix)


def _without_prefix(module, state, prefix, _):
    inside = prefix + _NETWORK
    for key in [key for key in state if key.startswith(inside)]:
        state[prefix + key.removeprefix(inside)] = state.pop(key)


def _with_prefix(module, state, prefix, *_):
    inside = re.compile(rf'{re.escape(prefix)}(?!{re.escape(_NETWORK)})')
    for key in [key for key in state if inside.match(key)]:
        state[prefix + _NETWORK + key.removeprefix(prefix)] = state.pop(key)
