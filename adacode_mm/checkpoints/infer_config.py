"""Config of a `CodebookNet` from the names and shapes of its parameters."""

import math
import re
from collections.abc import Mapping

from torch import Tensor

from adacode_mm.exceptions import CheckpointError


def infer_config(state: Mapping[str, Tensor], num_groups: int = 32) -> dict:
    """Build config of the `CodebookNet` that `state` belongs to.

    Args:
        state: State dict with `CodebookNet`'s own names.
        num_groups: Groups of the normalisation layers, the one number that
            shapes do not tell.

    Returns:
        Config for `MODELS.build`.

    Raises:
        CheckpointError: If parts of a `CodebookNet` are missing.
    """
    groups = {'num_groups': num_groups}
    decoder = [_shape(state, 'decoder.blocks.0.conv.weight')[1]]
    decoder += _widths(state, 'decoder.blocks')
    cfg = {
        'type': 'adacode_mm.CodebookNet',
        'encoder': _encoder(state, groups),
        'decoder': {
            'type': 'adacode_mm.MultiScaleDecoder',
            'channels': decoder,
            **groups,
        },
        'quantizers': [
            {
                'type': 'adacode_mm.VectorQuantizer',
                'num_embeddings': n,
                'embedding_dim': c,
            }
            for n, c in _indexed(state, 'quantizers', 'embedding.weight')
        ],
    }
    if any(key.startswith('weight_predictor.') for key in state):
        cfg['weight_predictor'] = {
            'type': 'adacode_mm.WeightPredictor',
            'swin': _swin(state, 'weight_predictor.swin'),
        }
    if 'semantic_head.0.weight' in state:
        cfg['semantic_channels'] = state['semantic_head.0.weight'].shape[0]
    return cfg


def _encoder(state, groups):
    first, image_channels = _shape(state, 'encoder.in_conv.weight')[:2]
    cfg = {
        'type': 'adacode_mm.MultiScaleEncoder',
        'channels': [first, *_widths(state, 'encoder.downs')],
        'up_channels': _widths(state, 'encoder.ups'),
        'in_channels': image_channels,
        **groups,
    }
    if any(key.startswith('encoder.swin.') for key in state):
        cfg['swin'] = _swin(state, 'encoder.swin')
    return cfg


def _swin(state, prefix):
    block = f'{prefix}.layers.0.residual_group.blocks.0'
    table = _shape(state, f'{block}.attn.relative_position_bias_table')
    hidden, channels = _shape(state, f'{block}.mlp.fc1.weight')[:2]
    inside = rf'{re.escape(prefix)}\.layers\.'
    return {
        'num_layers': _count(state, inside + r'(\d+)\.'),
        'depth': _count(state, inside + r'0\.residual_group\.blocks\.(\d+)\.'),
        'num_heads': table[1],
        # The table has (2 * window_size - 1) ** 2 rows.
        'window_size': (math.isqrt(table[0]) + 1) // 2,
        'mlp_ratio': hidden / channels,
    }


def _widths(state, prefix):
    return [s[0] for s in _indexed(state, prefix, 'conv.weight')]


def _indexed(state, prefix, name):
    """Shapes of `<prefix>.0.<name>`, `<prefix>.1.<name>`, ..."""
    count = _count(state, rf'{re.escape(prefix)}\.(\d+)\.')
    return [tuple(_shape(state, f'{prefix}.{i}.{name}')) for i in range(count)]


def _count(state, pattern):
    matches = (re.match(pattern, key) for key in state)
    return max((int(m[1]) + 1 for m in matches if m), default=0)


def _shape(state, key):
    if key not in state:
        raise CheckpointError(
            f'A codebook network has a parameter {key!r}, but the checkpoint '
            f'has none of that name: it belongs to another architecture or '
            f'is incomplete.'
        )
    return state[key].shape
