"""Networks from the released files of VarFormer, of VAR and its tokenizer."""

import os
from collections.abc import Mapping, Sequence

from torch import Tensor, nn

from adacode_mm.checkpoints.safe_load import load_file
from adacode_mm.checkpoints.state_dicts import find_state_dict
from adacode_mm.checkpoints.strict import check_keys
from adacode_mm.models.layers.outline import outlined
from adacode_mm.registry import MODELS

from .infer_config import KINDS, infer_config, kind_of
from .released_keys import map_released_keys

Source = str | os.PathLike | Mapping[str, Tensor]


def build_varformer(
    source: Source, scales: Sequence[int] | None = None
) -> nn.Module:
    """Build the network of a released file around its weights.

    Depth, widths and number of codes follow from the file. Of VarFormer's
    file the averaged weights (`params_ema`) are taken.

    Args:
        source: Path of a released .pth file, or a mapping of released keys
            to tensors.
        scales: As for `infer_config`.

    Returns:
        `VarFormerNet`, `VARPrior` (stage 1), `VAR` or `MultiScaleVQVAE`, in
        evaluation mode. Its parameters are the tensors of the file.

    Raises:
        CheckpointError: If the file is missing or damaged, or is none of
            these; the keys are named.
    """
    state, name = source, 'The given state dict'
    if not isinstance(source, Mapping):
        name = repr(os.fspath(source))
        content = load_file(source, refuse_unsafe=True)
        content = content.get('params_ema', content)
        state = find_state_dict(content)
    names = map_released_keys(state)
    state = {ours: state[key] for key, ours in names.items()}
    config = infer_config(state, scales)
    prefix = KINDS[kind_of(state)]
    state = {key.removeprefix(prefix): value for key, value in state.items()}
    return built(config, state, name)


def built(config: dict, state: Mapping[str, Tensor], source: str) -> nn.Module:
    """The network of a config around the tensors of its state dict.

    Raises:
        CheckpointError: If a key does not fit.
    """
    # Nothing is reserved or initialised that the file replaces.
    with outlined():
        net = MODELS.build(config)
    check_keys(net.state_dict(), state, source)
    net.load_state_dict(state, assign=True)
    return net.requires_grad_().eval()
