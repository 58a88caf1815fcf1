"""Config of a `CodebookNet` from the names and shapes of its parameters."""

import itertools
import math
import re
from collections.abc import Mapping
from typing import NamedTuple

from torch import Tensor

from adacode_mm.core.exceptions import CheckpointError

# Of a window, masks take the fourth power of its side in memory.
_LARGEST_WINDOW = 32


class Untold(NamedTuple):
    """What no shape tells, as it is in the released networks.

    Attributes:
        encoder_groups: Groups of the encoder's normalisation layers.
        decoder_groups: Groups of the decoder's.
        softmax: Are the weights of the codebooks normalised?
        hole_fill: As for `CodebookNet`.
    """

    encoder_groups: int = 32
    decoder_groups: int = 32
    softmax: bool = False
    hole_fill: str = 'white'


def infer_config(
    state: Mapping[str, Tensor],
    num_groups: int = 32,
    untold: Untold | None = None,
) -> dict:
    """Build config of the `CodebookNet` that `state` belongs to.

    Args:
        state: State dict with `CodebookNet`'s own names.
        num_groups: Groups of all normalisation layers.
        untold: Everything that shapes do not tell, instead of `num_groups`.

    Returns:
        Config for `MODELS.build`.

    Raises:
        CheckpointError: If parts of a `CodebookNet` are missing, or do not
            fit each other; the parameters are named.
    """
    untold = untold or Untold(num_groups, num_groups)
    cfg = {
        'type': 'adacode_mm.CodebookNet',
        'encoder': _encoder(state, untold.encoder_groups),
        'decoder': _decoder(state, untold.decoder_groups),
        'quantizers': [
            {
                'type': 'adacode_mm.VectorQuantizer',
                'num_embeddings': n,
                'embedding_dim': c,
            }
            for n, c in _indexed(state, 'quantizers', 'embedding.weight', 2)
        ],
    }
    if any(key.startswith('weight_predictor.') for key in state):
        cfg['weight_predictor'] = {
            'type': 'adacode_mm.WeightPredictor',
            'swin': _swin(state, 'weight_predictor.swin'),
        }
        if untold.softmax:
            cfg['weight_predictor']['softmax'] = True
    if untold.hole_fill != 'white':
        cfg['hole_fill'] = untold.hole_fill
    if 'semantic_head.0.weight' in state:
        head = _shape(state, 'semantic_head.0.weight', 4)
        cfg['semantic_channels'] = head[0]
    _check_skips(cfg['encoder']['up_channels'], cfg['decoder']['channels'])
    return cfg


def _check_skips(widths, decoder):
    expected = decoder[1 : 1 + len(widths)]
    if widths != expected:
        raise CheckpointError(
            f'The skip features must be as wide as what the decoder adds '
            f'them to, {expected} channels, but they have {widths}: the '
            f'parameters encoder.ups.* and decoder.blocks.* belong to '
            f'different networks.'
        )


def _decoder(state, groups):
    if 'decoder.details.weight' in state:
        return _fidelity_decoder(state)
    first = _shape(state, 'decoder.blocks.0.conv.weight', 4)[1]
    return {
        'type': 'adacode_mm.MultiScaleDecoder',
        'channels': [first, *_widths(state, 'decoder.blocks')],
        'num_groups': groups,
    }


def _fidelity_decoder(state):
    values = _shape(state, 'decoder.details.weight', 4)[0]
    first = _shape(state, 'decoder.ups.0.conv.weight', 4)[1]
    cfg = {
        'type': 'adacode_mm.FidelityDecoder',
        'channels': [first, *_widths(state, 'decoder.ups')],
        'scale': _side(values),
        'num_blocks': _count(state, r'decoder\.trunk\.(\d{1,9})\.'),
        'with_image': 'decoder.skip.weight' in state,
    }
    if cfg['with_image']:
        shown = _shape(state, 'decoder.skip.weight', 4)[1]
        cfg['image_channels'] = shown
    return cfg


def _side(values):
    """Side of the square of RGB pixels with so many values, at least 1."""
    return max(math.isqrt(values // 3), 1)


def _encoder(state, groups):
    first, values = _shape(state, 'encoder.in_conv.weight', 4)[:2]
    patch = _side(values)
    if values != 3 * patch**2:
        patch = 1
    cfg = {
        'type': 'adacode_mm.MultiScaleEncoder',
        'channels': [first, *_widths(state, 'encoder.downs')],
        'up_channels': _widths(state, 'encoder.ups'),
        'in_channels': values // patch**2,
        'num_groups': groups,
    }
    if patch > 1:
        cfg['patch'] = patch
    if 'encoder.out_norm.weight' in state:
        cfg['out_norm'] = True
    if any(key.startswith('encoder.swin.') for key in state):
        cfg['swin'] = _swin(state, 'encoder.swin')
    return cfg


def _swin(state, prefix):
    block = f'{prefix}.layers.0.residual_group.blocks.0'
    table = _shape(state, f'{block}.attn.relative_position_bias_table', 2)
    hidden, channels = _shape(state, f'{block}.mlp.fc1.weight', 2)
    if channels % table[1]:
        raise CheckpointError(
            f'The channels of {prefix} must be a multiple of its heads, got '
            f'{channels} channels and {table[1]} heads: the checkpoint '
            f'belongs to another architecture.'
        )
    layers = _count(state, rf'{re.escape(prefix)}\.layers\.(\d{{1,9}})\.')
    within = f'{prefix}.layers.0.residual_group.blocks.'
    depth = _count(state, re.escape(within) + r'(\d{1,9})\.')
    for layer, block in itertools.product(range(layers), range(depth)):
        within = f'{prefix}.layers.{layer}.residual_group.blocks.{block}'
        _shape(state, f'{within}.norm1.weight', 1)
    return {
        'num_layers': layers,
        'depth': depth,
        'num_heads': table[1],
        'window_size': _window_size(table[0], prefix),
        'mlp_ratio': _mlp_ratio(hidden, channels),
    }


def _mlp_ratio(hidden, channels):
    """A ratio that gives `hidden` again where it is rounded down."""
    ratio = hidden / channels
    if int(ratio * channels) == hidden:
        return ratio
    return (hidden + 0.5) / channels


def _window_size(rows, prefix):
    # The table has (2 * window_size - 1) ** 2 rows.
    size = (math.isqrt(rows) + 1) // 2
    if size > _LARGEST_WINDOW:
        raise CheckpointError(
            f'The attention windows of {prefix} must be at most '
            f'{_LARGEST_WINDOW} wide, but by its table of {rows} positions '
            f'they are {size}: the checkpoint is none of a codebook network.'
        )
    return size


def _widths(state, prefix):
    return [s[0] for s in _indexed(state, prefix, 'conv.weight', 4)]


def _indexed(state, prefix, name, dims):
    """Shapes of `<prefix>.0.<name>`, `<prefix>.1.<name>`, ..."""
    count = _count(state, re.escape(prefix) + r'\.(\d{1,9})\.')
    return [_shape(state, f'{prefix}.{i}.{name}', dims) for i in range(count)]


def _count(state, pattern):
    """How many parts are numbered; with a gap, enough to come to it.

    Whatever numbers a file names, it is no more than it has.
    """
    matches = (re.match(pattern, key) for key in state)
    return len({int(match[1]) for match in matches if match})


def _shape(state, key, dims):
    if key not in state:
        raise CheckpointError(
            f'A codebook network has a parameter {key!r}, but the checkpoint '
            f'has none of that name: it belongs to another architecture or '
            f'is incomplete.'
        )
    shape = tuple(state[key].shape)
    if len(shape) != dims or 0 in shape:
        raise CheckpointError(
            f'The parameter {key!r} of a codebook network has {dims} '
            f'dimensions, none of them 0, but it is {shape} in the '
            f'checkpoint, which belongs to another architecture.'
        )
    return shape
