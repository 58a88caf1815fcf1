"""Weights of any layout under the names that training gives them.

Generators below `generator.`, discriminators below `discriminator.`.
"""

from collections.abc import Iterable, Mapping

from torch import Tensor

from adacode_mm.models.family import published_names
from adacode_mm.models.traits import layout_of

from .discriminator_keys import is_discriminator, map_discriminator_keys


def is_training(keys: Iterable[str]) -> bool:
    """Are these the names of a training, which has a generator?"""
    return any(
        key.startswith(('generator.', 'generator_ema.')) for key in keys
    )


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
    if is_training(state):
        return _averaged(state)
    if is_discriminator(state):
        names = map_discriminator_keys(state)
        return {
            f'discriminator.{new}': state[old] for old, new in names.items()
        }
    names = published_names(layout_of(state))
    if names is not None:
        return {f'generator.{new}': state[old] for old, new in names.items()}
    return dict(state)


def _averaged(state):
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
