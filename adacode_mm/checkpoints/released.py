"""Networks from the files that the authors of AdaCode and FeMaSR released."""

import os
from collections.abc import Mapping

from mmengine.logging import MMLogger
from torch import Tensor, nn

from adacode_mm.models.family import Weights, family_named
from adacode_mm.models.traits import layout_of

from .safe_load import load_file
from .state_dicts import find_state_dict

Source = str | os.PathLike | Mapping[str, Tensor]


def build_from_released(source: Source) -> nn.Module:
    """Build the network of a released generator and load its weights.

    Widths, depths, codebook sizes and the scale follow from the file. Covers
    the generators of all AdaCode stages and of FeMaSR.

    Args:
        source: Path of a released .pth file, or a mapping of released keys
            to tensors; an outer `params` and a `module.` prefix may be there
            or not.

    Returns:
        Network in evaluation mode, float32, on the CPU.

    Raises:
        CheckpointError: If the file is missing or damaged, or is not such a
            generator; the keys are named.
    """
    state = convert_released(source)
    weights = Weights(state, None, True, False, _name(source))
    return family_named('adacode').open(weights)[0]


def convert_released(source: Source) -> dict[str, Tensor]:
    """State dict of a released generator under `CodebookNet`'s own names.

    Masks, index tables, the buffers of the contrastive loss and VGG19 are
    left out: they are computed, or not part of the network. The log says so.

    Args:
        source: As for `build_from_released`.

    Raises:
        CheckpointError: If the file is missing, damaged, unsafe or holds no
            tensors.
    """
    content = source
    if not isinstance(source, Mapping):
        content = load_file(source, refuse_unsafe=True)
    state = find_state_dict(content)
    names = family_named('adacode').names(layout_of(state))
    left_out = sorted(state.keys() - names.keys())
    if left_out:
        MMLogger.get_current_instance().info(
            f'{len(left_out)} computed or unused entries of '
            f'{_name(source)} are not loaded: {", ".join(left_out[:3])}'
            + (', ...' if len(left_out) > 3 else '.')
        )
    return {ours: state[key] for key, ours in names.items()}


def _name(source):
    if isinstance(source, Mapping):
        return 'The given state dict'
    return repr(os.fspath(source))
