"""Weights of any layout under the names that training gives them.

Generators below `generator.`, discriminators below `discriminator.`.
"""

import re
from collections.abc import Mapping

from torch import Tensor

from adacode_mm.models.adacode.released_keys import map_released_keys
from adacode_mm.models.varformer import released_keys as varformer_keys
from adacode_mm.models.varformer.infer_config import KINDS, kind_of

from .discriminator_keys import is_discriminator, map_discriminator_keys

_RELEASED = ('quantize_group.', 'multiscale_encoder.', 'decoder_group.')
# MMEngine wraps the children of a model for distributed training.
_WRAPPED = re.compile(r'^(generator|generator_ema|discriminator)\.module\.')


def is_released_generator(state: Mapping[str, Tensor]) -> bool:
    """Are these names those of the released AdaCode and FeMaSR generators?"""
    return any(key.startswith(_RELEASED) for key in state)


def in_our_names(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """State dict of a checkpoint under the names of a training.

    Where a checkpoint holds an average of the generator's weights, it is
    taken for the generator: validation, which picks the best checkpoint, has
    seen the average.

    Args:
        state: State dict of a training, of a released generator or
            discriminator, of VarFormer, VAR or its tokenizer, or of anything
            else, whose names then stay.
    """
    if is_released_generator(state):
        names = map_released_keys(state)
        return {f'generator.{new}': state[old] for old, new in names.items()}
    if varformer_keys.is_released(state):
        names = varformer_keys.map_released_keys(state)
        ours = {new: state[old] for old, new in names.items()}
        # Names of the whole VarFormer; of its parts, those of the part alone.
        whole = KINDS.get(kind_of(ours), '')
        return {
            f'generator.{name.removeprefix(whole)}': value
            for name, value in ours.items()
        }
    if is_discriminator(state):
        names = map_discriminator_keys(state)
        return {
            f'discriminator.{new}': state[old] for old, new in names.items()
        }
    state = {_WRAPPED.sub(r'\1.', key): state[key] for key in state}
    averaged = {
        key.replace('generator_ema.', 'generator.', 1): value
        for key, value in state.items()
        if key.startswith('generator_ema.')
    }
    plain = {
        key: value
        for key, value in state.items()
        if not averaged or not key.startswith(('generator.', 'generator_ema.'))
    }
    return {**plain, **averaged}
