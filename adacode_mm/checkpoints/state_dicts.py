"""Find the state dict in a checkpoint, and the part of it that is meant."""

import re
from collections.abc import Mapping

from torch import Tensor

from adacode_mm.core.exceptions import CheckpointError

# MMEngine's runner, then the two names of BasicSR-like releases. The plain
# weights come first, as in the released inference code.
_CONTAINERS = ('state_dict', 'params', 'params_ema', 'params-ema')
# Distributed training and `torch.compile` wrap a model or its children.
_WRAPPERS = re.compile(
    r'^(generator\.|generator_ema\.|discriminator\.)?'
    r'(?:(?:module|_orig_mod)\.)+'
)
_COMPILED = re.compile(r'(?<=\.)_orig_mod\.')


def find_state_dict(content: Mapping) -> dict[str, Tensor]:
    """State dict inside of what a checkpoint file holds.

    The `module.` of distributed training and the `_orig_mod.` of
    `torch.compile` are taken off.

    Raises:
        CheckpointError: If there are no tensors, or one is there twice, with
            and without them.
    """
    for name in _CONTAINERS:
        if isinstance(content.get(name), Mapping) and content[name]:
            content = content[name]
            break
    state: dict[str, Tensor] = {}
    for key, value in content.items():
        # Some key of a foreign file is a number: strict loading names it.
        name = _unwrapped(str(key))
        if not isinstance(value, Tensor):
            continue
        if name in state:
            raise CheckpointError(
                f'A checkpoint must hold each parameter once, but {name} is '
                f'there more than once, with "module." or "_orig_mod." '
                f'and without: take the file from where it came from again.'
            )
        state[name] = value
    if not state:
        raise CheckpointError(
            f'A checkpoint must hold tensors, directly or under one of '
            f'{list(_CONTAINERS)}, but only {sorted(map(str, content))[:8]} '
            f'was found.'
        )
    return state


def _unwrapped(key):
    found = _COMPILED.sub('', _WRAPPERS.sub(r'\1', key))
    return found if found == key else _unwrapped(found)


def take_part(
    state: Mapping[str, Tensor], prefix: str, source: str
) -> dict[str, Tensor]:
    """Entries below `prefix`, with the prefix taken off.

    Args:
        state: A state dict.
        prefix: Dotted name such as `generator.quantizers.0`; '' takes all, and
            the full name of a tensor gives it alone under the name ''.
        source: What to call the checkpoint in an error.

    Raises:
        CheckpointError: If there are none.
    """
    if not prefix:
        return dict(state)
    if prefix in state:
        return {'': state[prefix]}
    dotted = prefix.rstrip('.') + '.'
    part = {
        key[len(dotted) :]: value
        for key, value in state.items()
        if key.startswith(dotted)
    }
    if not part:
        tops = sorted({key.split('.')[0] for key in state})
        raise CheckpointError(
            f'{source} must hold parameters named {dotted}*, but it only has '
            f'{tops}: it is a checkpoint of another model or stage.'
        )
    return part
