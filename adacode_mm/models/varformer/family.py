"""VarFormer, as the house knows it."""

from collections.abc import Mapping
from typing import Any

from torch import nn

from adacode_mm.core.exceptions import CheckpointError
from adacode_mm.models.family import Family, Weights
from adacode_mm.models.traits import Layout, SizeRule, Tiles, Traits

from .infer_config import KINDS, infer_config, kind_of
from .released import built
from .released_keys import is_released, map_released_keys

# VQGANs of other releases have a `quantize.embedding` as well.
_RESIDUAL = 'quantize.quant_resi.qresi_ls.0.weight'
# The largest side of a latent, and the most scales, that are believed.
_LARGEST_SCALE = 64
# What no shape tells: its place in the config, and its types.
_UNTOLD = {
    ('normalize',): bool,
    ('clips',): bool,
    ('prior', 'cross_heads'): int,
    ('prior', 'layout'): str,
    ('prior', 'guidance'): (int, float),
    ('prior', 'teacher_forcing'): bool,
}


class VarFormerFamily(Family):
    """Networks of the class `VarFormerNet`.

    The files of VAR, of its tokenizer and of stage 1, from which trainings
    start, are recognised, too; they restore nothing.
    """

    name = 'varformer'
    classes = ('VarFormerNet',)

    def recognises(self, layout: Layout) -> bool:
        published = _RESIDUAL in layout or 'pos_1LC' in layout
        own = kind_of(layout) == 'varformer'
        return (published and is_released(layout)) or own

    def names(self, layout: Layout) -> dict[str, str]:
        """See `Family.names`; of parts, those of the part alone."""
        if not is_released(layout):
            return super().names(layout)
        names = map_released_keys(layout)
        ours = {new: layout[old] for old, new in names.items()}
        whole = KINDS.get(kind_of(ours), '')
        return {old: new.removeprefix(whole) for old, new in names.items()}

    def open(self, weights: Weights) -> tuple[nn.Module, dict]:
        if kind_of(weights.state) != 'varformer':
            raise CheckpointError(
                f'Expected a network that restores images in '
                f'{weights.source}, but it is VAR, its tokenizer or stage 1 '
                f'of VarFormer, which only training needs: take a file of '
                f'stage 2.'
            )
        config = _checked(weights)
        return built(config, weights.state, weights.source), config

    def check_config(self, net: nn.Module, config: Mapping) -> None:
        state = net.state_dict()
        _checked(Weights(state, config, False, True, 'the given network'))

    def traits(self, net: nn.Module) -> Traits:
        return Traits(
            'VarFormer',
            'restore',
            net.scale,
            SizeRule(exactly=net.image_size),
            tiles=Tiles(overlap=32, guided=True),
        )


def _checked(weights: Weights) -> dict[str, Any]:
    """Config by the shapes, with what a stated one adds to it.

    Raises:
        CheckpointError: If the stated one says something else.
    """
    stated = dict(_flat(weights.config or {}))
    scales = stated.get(('prior', 'vqvae', 'quantizer', 'scales'))
    if scales is not None and not _are_scales(scales):
        raise CheckpointError(
            f'The scales in the config of {weights.source} must be whole '
            f'numbers from 1 to {_LARGEST_SCALE}, none below the one before '
            f'it, got {scales!r:.80}.'
        )
    config = infer_config(weights.state, scales)
    for path, kinds in _UNTOLD.items():
        value = stated.pop(path, None)
        if value is None:
            continue
        if not isinstance(value, kinds):
            raise _disagrees(weights, path, 'of another type', value)
        part = config
        for step in path[:-1]:
            part = part[step]
        part[path[-1]] = value
    known = dict(_flat(config))
    for path, value in stated.items():
        if path[-1] == 'init_cfg':
            continue
        if path not in known or known[path] != value:
            raise _disagrees(weights, path, known.get(path), value)
    return config


def _flat(node, path=()):
    """Values of a nested config by their paths, sequences as tuples."""
    for key, value in node.items():
        if isinstance(value, Mapping):
            yield from _flat(value, (*path, key))
        elif isinstance(value, list | tuple):
            yield (*path, key), tuple(value)
        else:
            yield (*path, key), value


def _are_scales(scales):
    return (
        isinstance(scales, tuple)
        and 0 < len(scales) <= _LARGEST_SCALE
        and all(type(s) is int for s in scales)
        and scales[0] >= 1
        and scales[-1] <= _LARGEST_SCALE
        and list(scales) == sorted(scales)
    )


def _disagrees(weights, path, expected, found):
    return CheckpointError(
        f'The config of {weights.source} says {".".join(map(str, path))} = '
        f'{found!r:.80}, but by its weights that is {expected!r:.80}: give '
        f'the config that it was trained with.'
    )


FAMILY = VarFormerFamily()
