"""State dicts that fit the model again, wherever they were written.

MMEngine wraps each child of a two-optimizer model for distributed training
and writes the wrappers' `module.` into the keys, but does not expect it when
it loads: such a checkpoint silently restores nothing. And MMEngine only warns
about keys that do not fit.
"""

import re

from mmengine.logging import MMLogger
from torch import nn

from adacode_mm.checkpoints.strict import check_keys


class PortableState(nn.Module):
    """Mixin: unwrapped names, strict loading, parts that may be left out.

    A mixin's `__init__` cannot know when the children exist, so the model
    calls `make_state_portable()` at the end of its own.

    Attributes:
        not_saved: Children that a checkpoint never holds, and that are not
            loaded from one that holds them all the same.
        may_lack: Children or buffers that a checkpoint may lack altogether;
            the log names them. Everything else must be there with the right
            shape, or loading raises `CheckpointError`.
    """

    not_saved: tuple[str, ...] = ()
    may_lack: tuple[str, ...] = ()

    def make_state_portable(self):
        self._register_state_dict_hook(_save_portable)
        self.register_load_state_dict_post_hook(_forgive_left_out)

    # MMEngine's loader and PyTorch's both call this before the children's.
    def _load_from_state_dict(self, state_dict, prefix, *args):
        for key in list(state_dict):
            value = state_dict.pop(key)
            if _top(key.removeprefix(prefix)) not in self.not_saved:
                state_dict[_unwrapped(key, prefix)] = value
        found = {
            key.removeprefix(prefix): value
            for key, value in state_dict.items()
            if key.startswith(prefix)
        }
        self._check(found)
        super()._load_from_state_dict(state_dict, prefix, *args)

    def _check(self, found):
        expected = self.state_dict()
        present = {_top(key) for key in found}
        left_out = {_top(key) for key in expected} - present
        left_out &= set(self.may_lack)
        check_keys(
            {k: v for k, v in expected.items() if _top(k) not in left_out},
            found,
            'The checkpoint',
        )
        if left_out:
            MMLogger.get_current_instance().info(
                f'The checkpoint has no {", ".join(sorted(left_out))}: left '
                f'as initialised.'
            )


def _top(key):
    return key.split('.')[0]


def _unwrapped(key, prefix=''):
    return re.sub(rf'^({re.escape(prefix)}\w+)\.module\.', r'\1.', key)


def _save_portable(module, state, prefix, _):
    for key in list(state):
        value = state.pop(key)
        if _top(key.removeprefix(prefix)) not in module.not_saved:
            state[_unwrapped(key, prefix)] = value


def _forgive_left_out(module, incompatible):
    # What must not be missing was checked in `_load_from_state_dict`.
    optional = {*module.not_saved, *module.may_lack}
    missing = incompatible.missing_keys
    missing[:] = [key for key in missing if _top(key) not in optional]
