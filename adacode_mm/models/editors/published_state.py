"""Files of a generator alone, released or converted, fit a whole model."""

from torch import nn

from adacode_mm.checkpoints.our_names import in_our_names, is_training
from adacode_mm.checkpoints.state_dicts import find_state_dict
from adacode_mm.models.family import recognised
from adacode_mm.models.traits import layout_of


class PublishedState(nn.Module):
    """Mixin for a model with a child `generator`.

    MMEngine's loaders, and so MMagic's inferencers, hand over what a file
    holds as it is. Released files may hold a generator under other names,
    others hold it under its own: where a family knows it, it becomes the
    generator here. What does not fit is left to strict loading.
    """

    # MMEngine's loader and PyTorch's both call this before the children's.
    def _load_from_state_dict(self, state_dict, prefix, *args):
        if not prefix:
            generator = _published_generator(state_dict)
            if generator is not None:
                state_dict.clear()
                state_dict.update(generator)
        super()._load_from_state_dict(state_dict, prefix, *args)


def _published_generator(content):
    """Its tensors below `generator.`; None if there is nothing to rename."""
    if not content or is_training(content):
        return None
    state = in_our_names(find_state_dict(content))
    if recognised(layout_of(state), plain=False) is not None:
        state = {f'generator.{key}': value for key, value in state.items()}
    return state
