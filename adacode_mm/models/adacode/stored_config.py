"""A config that comes with weights is not trusted: it has to fit the shapes.

Nothing is built from what a file says. The config is inferred from the shapes
of the tensors; of the stored one, only what no shape tells is taken, and the
rest must agree.
"""

import inspect
from collections.abc import Mapping, Sequence

from torch import Tensor

from adacode_mm.core.exceptions import CheckpointError
from adacode_mm.models.backbones.fidelity_decoder import FidelityDecoder
from adacode_mm.models.backbones.multi_scale_decoder import MultiScaleDecoder
from adacode_mm.models.backbones.multi_scale_encoder import MultiScaleEncoder
from adacode_mm.models.backbones.weight_predictor import WeightPredictor
from adacode_mm.models.layers.hole_fill import HOLE_FILLS
from adacode_mm.models.layers.swin_layers import SwinLayers
from adacode_mm.models.quantizers.vector_quantizer import VectorQuantizer

from .codebook_net import CodebookNet
from .image_codebook_net import ImageCodebookNet
from .infer_config import Untold, infer_config

# Follow from the other parts, or do not matter once there are weights.
_NOT_COMPARED = {'type', 'init_cfg', 'in_channels', 'num_codebooks'}


def check_stored_config(
    config: Mapping, state: Mapping[str, Tensor], source: str
) -> dict:
    """Config of a network, from its weights and what is said of it.

    Args:
        config: Build config of a `CodebookNet` from anywhere.
        state: State dict with `CodebookNet`'s own names.
        source: What to call the file in an error.

    Returns:
        Config for `MODELS.build`, of our own classes only and as large as
        the tensors are.

    Raises:
        CheckpointError: If the config is for other classes, has unknown
            arguments, or does not agree with the shapes.
    """
    said = _complete(_without_training(config), CodebookNet, '', source)
    inferred = infer_config(state, untold=_untold(said, source))
    shapes = _flat(_complete(inferred, CodebookNet, '', source))
    said = _flat(said)
    width = inferred['encoder']['channels'][-1]
    for name in sorted(said.keys() | shapes.keys()):
        if not _agree(name, said.get(name), shapes.get(name), width):
            raise CheckpointError(
                f'The config of {source} must fit the shapes of the weights, '
                f'but {name} is {said.get(name)!r} in the config and '
                f'{shapes.get(name)!r} by the shapes: one of them belongs to '
                f'another network.'
            )
    return inferred


def _without_training(config):
    """`ImageCodebookNet` is a `CodebookNet` with options of a training."""
    named = str(config.get('type')) if isinstance(config, Mapping) else ''
    if named.rpartition('.')[2] != ImageCodebookNet.__name__:
        return config
    other = ('type', 'padding', 'frozen')
    return {key: config[key] for key in config if key not in other}


def _agree(name, said, by_shapes, width) -> bool:
    if name.endswith('mlp_ratio') and type(said) in (int, float):
        # Rounded down to whole channels.
        return 0 < said < 1e6 and int(said * width) == int(by_shapes * width)
    return said == by_shapes


def _untold(said, source) -> Untold:
    # A FidelityDecoder normalises nothing.
    groups = [
        said[part].get('num_groups', 1) for part in ('encoder', 'decoder')
    ]
    softmax = said.get('weight_predictor', {}).get('softmax', False)
    if any(type(each) is not int or each < 1 for each in groups):
        raise CheckpointError(
            f'num_groups in the config of {source} must be a positive whole '
            f'number, got {groups[0]!r} (encoder) and {groups[1]!r} (decoder).'
        )
    if type(softmax) is not bool:
        raise CheckpointError(
            f'softmax in the config of {source} must be True or False, got '
            f'{softmax!r}.'
        )
    fill = said['hole_fill']
    if fill not in HOLE_FILLS:
        raise CheckpointError(
            f'hole_fill in the config of {source} must be one of '
            f'{HOLE_FILLS}, got {fill!r}.'
        )
    return Untold(*groups, softmax, fill)


def _complete(config, built, where, source) -> dict:
    """Arguments of a class and, inside of it, of its parts, with defaults."""
    name = where.strip('.') or 'generator'
    if not isinstance(config, Mapping):
        raise CheckpointError(
            f'{name} in the config of {source} must be a dict, got {config!r}.'
        )
    named = config.get('type', built.__name__)
    for other in _INSTEAD.get(built, ()):
        if named in _names(other):
            built = other
    if named not in _names(built):
        raise CheckpointError(
            f'{name} in the config of {source} must be a {built.__name__}, '
            f'got {named!r}: only our own networks are built from a file; for '
            f'another one, use its config with the inferencers of MMagic.'
        )
    known = inspect.signature(built).parameters
    unknown = sorted(map(str, config.keys() - known.keys() - {'type'}))
    if unknown:
        raise CheckpointError(
            f'{name} in the config of {source} has unknown arguments: '
            f'{", ".join(unknown)}; a {built.__name__} takes '
            f'{", ".join(known)}.'
        )
    values = {
        key: config.get(key, parameter.default)
        for key, parameter in known.items()
        if key not in _NOT_COMPARED or (built, key) in _COMPARED
    }
    if built is WeightPredictor and values['swin'] is None:
        values['swin'] = {}
    return {
        key: _complete_part(value, built, f'{where}{key}', source)
        for key, value in values.items()
        if value is not None
    }


def _complete_part(value, built, where, source):
    part = _PARTS.get((built, where.rpartition('.')[2]))
    if part is None:
        return value
    if part is not VectorQuantizer:
        return _complete(value, part, f'{where}.', source)
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise CheckpointError(
            f'{where} in the config of {source} must be a list, got {value!r}.'
        )
    return {
        str(i): _complete(each, part, f'{where}.{i}.', source)
        for i, each in enumerate(value)
    }


_PARTS = {
    (CodebookNet, 'encoder'): MultiScaleEncoder,
    (CodebookNet, 'decoder'): MultiScaleDecoder,
    (CodebookNet, 'quantizers'): VectorQuantizer,
    (CodebookNet, 'weight_predictor'): WeightPredictor,
    (MultiScaleEncoder, 'swin'): SwinLayers,
    (WeightPredictor, 'swin'): SwinLayers,
}
_COMPARED = {(MultiScaleEncoder, 'in_channels')}


# What else the same argument can be.
_INSTEAD = {MultiScaleDecoder: (FidelityDecoder,)}


def _names(built):
    home = f'{built.__module__}.'
    return {f'{m}{built.__name__}' for m in ('', 'adacode_mm.', home)}


def _flat(values, prefix='') -> dict:
    flat = {}
    for key, value in values.items():
        if isinstance(value, dict):
            flat.update(_flat(value, f'{prefix}{key}.'))
        else:
            listed = isinstance(value, list | tuple)
            flat[f'{prefix}{key}'] = list(value) if listed else value
    return flat
