"""Files of a generator alone, released or converted, fit a whole model."""

from torch import nn

from adacode_mm.checkpoints.state_dicts import find_state_dict

# One tensor of every codebook network, under its own name.
_BARE = 'quantizers.0.embedding.weight'
_OURS = ('generator.', 'generator_ema.')


class PublishedState(nn.Module):
    """Mixin for a model with a child `generator`, a `CodebookNet`.

    MMEngine's loaders, and so MMagic's inferencers, hand over what a file
    holds as it is. The released files of AdaCode and FeMaSR hold a generator
    under other names, converted ones hold it under `CodebookNet`'s own: both
    become the generator here. What does not fit is left to strict loading.
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
    # Importing networks, it cannot be imported while these are.
    from adacode_mm.checkpoints.our_names import in_our_names

    if not content or any(key.startswith(_OURS) for key in content):
        return None
    state = in_our_names(find_state_dict(content))
    if _BARE in state:
        state = {f'generator.{key}': value for key, value in state.items()}
    return state
