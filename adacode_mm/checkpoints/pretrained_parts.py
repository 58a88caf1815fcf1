"""Start named parts of a model from a checkpoint."""

from collections.abc import Mapping, Sequence

from mmengine.logging import MMLogger
from torch import Tensor, nn

from adacode_mm.models.generators.codebook_net_keys import map_released_keys
from adacode_mm.registry import WEIGHT_INITIALIZERS

from .find_checkpoint import find_checkpoint
from .module_parts import find_part
from .safe_load import load_file
from .state_dicts import find_state_dict, take_part
from .strict import load_strictly


def read_state_dict(path: str) -> dict[str, Tensor]:
    """State dict of a trained or a released checkpoint, in our names.

    A released generator file appears below `generator.`, as in the
    checkpoints that training writes.

    Raises:
        CheckpointError: If the file is missing, damaged or no checkpoint.
    """
    state = find_state_dict(load_file(path))
    if any(key.startswith('quantize_group.') for key in state):
        names = map_released_keys(state)
        return {f'generator.{new}': state[old] for old, new in names.items()}
    return state


@WEIGHT_INITIALIZERS.register_module()
class PretrainedParts:
    """Initializer that loads strictly and logs what it leaves alone.

    MMEngine's `Pretrained` ignores keys that do not fit. Here every key of
    every part has to fit; what was not loaded is written to the log.

    Args:
        sources: One dict per checkpoint, with `checkpoint`, a file or the
            work directory of a training (its best checkpoint, or else its
            last one), and `parts`: name of each part of the model -> name of
            the part of the checkpoint that it starts from, both dotted, for
            example `{'generator.quantizers.1': 'generator.quantizers.0'}`.

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
            self._load(module, **source)

    def _load(self, module, checkpoint, parts):
        path = find_checkpoint(checkpoint)
        state = read_state_dict(path)
        for target, source in parts.items():
            what = f'{source or "All"} of {path!r} (for {target})'
            part = take_part(state, source, path)
            load_strictly(find_part(module, target), part, what)
        self._log(path, state, module, parts)

    def _log(self, path, state, module, parts):
        def untouched(keys, names):
            dotted = tuple(f'{name}.' if name else '' for name in names)
            left = [key for key in keys if not key.startswith(dotted)]
            touched = {name.split('.')[0] for name in names}
            keys = (key.split('.') for key in left)
            # A child that was left alone as a whole is named as one.
            return sorted({'.'.join(k[: 1 + (k[0] in touched)]) for k in keys})

        MMLogger.get_current_instance().info(
            f'Loaded from {path} (part of the model: part of the '
            f'checkpoint): {parts}. Not loaded from it: '
            f'{untouched(state, parts.values())}. Parts of the model '
            f'that it did not fill: '
            f'{untouched(module.state_dict(), parts)}.'
        )
