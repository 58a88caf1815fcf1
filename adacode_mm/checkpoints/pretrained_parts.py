"""Start named parts of a model from checkpoints."""

import os
from collections.abc import Mapping, Sequence

import torch
from mmengine.logging import MMLogger
from torch import Tensor, nn

from adacode_mm.core.exceptions import CheckpointError
from adacode_mm.registry import WEIGHT_INITIALIZERS

from .find_checkpoint import find_checkpoint
from .module_parts import find_part
from .our_names import in_our_names
from .part_names import describe_parts, parameter_names
from .safe_load import load_file
from .state_dicts import find_state_dict, take_part
from .strict import check_keys, load_strictly


def read_state_dict(path: str) -> dict[str, Tensor]:
    """State dict of a trained, a released or a converted checkpoint.

    In the names of a training, `in_our_names`: a released generator file
    appears below `generator.`, and an average of the generator's weights is
    taken for the generator.

    Raises:
        CheckpointError: If the file is missing, damaged or no checkpoint.
    """
    return in_our_names(find_state_dict(load_file(path)))


@WEIGHT_INITIALIZERS.register_module()
class PretrainedParts:
    """Initializer that loads strictly and logs what it leaves alone.

    MMEngine's `Pretrained` ignores keys that do not fit. Here every key of
    every part has to fit. The log names what was loaded from each checkpoint
    and what was not, which parts of the model stay as initialised, and which
    are frozen.

    Args:
        sources: One dict per checkpoint, with

            `checkpoint`: a file, or the work directory of a training (its
            best checkpoint, or else its last one). A list of them stands for
            one checkpoint in which their tensors are joined along the first
            dimension, such as one codebook with the codes of several;

            `parts`: name of each part of the model -> name of the part of
            the checkpoint that it starts from, both dotted, for example
            `{'generator.quantizers.1': 'generator.quantizers.0'}`. A part is
            a module or a single parameter.

    Raises:
        ConfigError: If the model has no such part.
        CheckpointError: If a file or one of its parts does not fit.
    """

    # All checkpoints in one initializer: MMagic's inferencers take a list of
    # initializers for a mistake.
    def __init__(self, sources: Sequence[Mapping]):
        self.sources = sources

    def __call__(self, module: nn.Module) -> None:
        """Fill parts of `module`; called by MMEngine's `init_weights`."""
        for source in self.sources:
            _load(module, **source)
        filled = [part for source in self.sources for part in source['parts']]
        names = parameter_names(module)
        untouched = [name for name in names if not _below(name, filled)]
        frozen = [name for name, trained in names.items() if not trained]
        MMLogger.get_current_instance().info(
            f'Stay as initialised: {describe_parts(untouched, names)}. '
            f'Frozen: {describe_parts(frozen, names)}.'
        )


def _load(
    module: nn.Module,
    checkpoint: str | os.PathLike | Sequence[str | os.PathLike],
    parts: Mapping[str, str],
):
    if isinstance(checkpoint, str | os.PathLike):
        checkpoint = [checkpoint]
    paths = [find_checkpoint(each) for each in checkpoint]
    states = [read_state_dict(path) for path in paths]
    where = ' + '.join(paths)
    for target, source in parts.items():
        taken = [
            take_part(state, source, path)
            for path, state in zip(paths, states, strict=True)
        ]
        what = f'{source or "All"} of {where!r} (for {target})'
        _fill(module, target, _joined(taken, what), what)
    left = [key for key in states[0] if not _below(key, parts.values())]
    pairs = [
        target if target == source else f'{target} from {source or "all"}'
        for target, source in parts.items()
    ]
    MMLogger.get_current_instance().info(
        f'Loaded from {where}: {", ".join(pairs)}. Not loaded from it: '
        f'{describe_parts(left, states[0])}.'
    )


def _fill(module, target, part, what):
    if '' not in part:
        load_strictly(find_part(module, target), part, what)
        return
    parent, _, name = target.rpartition('.')
    state = find_part(module, parent).state_dict()
    own = {name: state[name]} if name in state else {}
    check_keys(own, {name: part['']}, what)
    own[name].copy_(part[''])  # a view without gradient


def _joined(parts: list[dict[str, Tensor]], what: str) -> dict[str, Tensor]:
    """Tensors of the same name joined along the first dimension."""
    if len(parts) == 1:
        return parts[0]
    try:
        return {
            key: torch.cat([part[key] for part in parts]) for key in parts[0]
        }
    except (KeyError, RuntimeError) as error:
        raise CheckpointError(
            f'{what} must have the same tensors in each file, of one shape '
            f'but for the first dimension, got something else ({error}): '
            f'take checkpoints of one architecture.'
        ) from error


def _below(key, parts) -> bool:
    return any(
        not part or key == part or key.startswith(f'{part}.') for part in parts
    )
