"""Files of exactly the released layouts, at full size, without the bytes."""

import pytest
import torch
from released_varformer import released_layout

from adacode_mm.checkpoints.pretrained_parts import read_state_dict
from adacode_mm.core.exceptions import CheckpointError
from adacode_mm.models.varformer.released import build_varformer

# Class, entries of the file, entries kept, parameters, adjustment,
# cross-attentions.
FILES = {
    'vae': ('MultiScaleVQVAE', 324, 323, 108_948_355),
    'var_d16': ('VAR', 220, 202, 310_283_520),
    'var_d20': ('VAR', 272, 250, 600_917_136),
    'stage1_d16': ('VARPrior', 880, 845, 486_550_707),
    'stage1_d20': ('VARPrior', 960, 917, 841_175_107),
    'varformer_d16': ('VarFormerNet', 2668, 2163, 888_681_692),
    'varformer_d20_adjust': ('VarFormerNet', 2879, 2372, 1_207_357_650),
}


def sparse(layout):
    """Tensors of the shapes of a layout, one number each."""
    return {key: torch.zeros(()).expand(shape) for key, shape in layout}


@pytest.mark.parametrize('kind', FILES)
def test_released_file(kind, tmp_path):
    name, entries, kept, parameters = FILES[kind]
    state = sparse(released_layout(kind))
    assert len(state) == entries
    path = tmp_path / 'released.pth'
    if kind.startswith('varformer'):
        torch.save({'params': {}, 'params_ema': state}, path)
    else:
        torch.save(state, path)
    net = build_varformer(path)
    assert type(net).__name__ == name
    assert len(net.state_dict()) == kept
    assert sum(p.numel() for p in net.parameters()) == parameters
    prior = net.prior if name == 'VarFormerNet' else net
    depths = {
        'stage1_d16': 16,
        'stage1_d20': 20,
        'varformer_d16': 8,
        'varformer_d20_adjust': 6,
    }
    if kind in depths:
        assert len(prior.cross_attentions) == depths[kind]
    if name == 'VarFormerNet':
        assert bool(net.decoder.adjustments) == kind.endswith('adjust')


@pytest.mark.parametrize('kind', ['vae', 'var_d16', 'stage1_d16'])
def test_missing_foreign_and_misshapen_keys_are_named(kind):
    state = sparse(released_layout(kind))
    key = next(k for k in state if k.endswith('bias') and '.1.' in k)
    for wrong in (
        {k: v for k, v in state.items() if k != key},
        {**state, key: torch.zeros(7)},
        {**state, 'extra.weight': torch.zeros(1)},
    ):
        with pytest.raises(CheckpointError) as raised:
            build_varformer(wrong)
        changed = 'extra.weight' if len(wrong) > len(state) else 'bias'
        assert changed in str(raised.value)


def test_a_file_of_another_network_is_refused():
    with pytest.raises(CheckpointError) as raised:
        build_varformer({'conv_first.weight': torch.zeros(3, 3, 3, 3)})
    assert 'conv_first.weight' in str(raised.value)


def test_other_scales_than_the_file_has_are_refused():
    state = sparse(released_layout('var_d16'))
    with pytest.raises(CheckpointError) as raised:
        build_varformer(state, scales=(1, 2, 3))
    assert '680' in str(raised.value)


@pytest.mark.parametrize('kind', ['vae', 'var_d16', 'stage1_d16'])
def test_a_training_finds_the_parts_of_a_released_file(kind, tmp_path):
    path = tmp_path / 'released.pth'
    torch.save(sparse(released_layout(kind)), path)
    found = read_state_dict(str(path))
    net = build_varformer(path)
    assert {f'generator.{name}' for name in net.state_dict()} == found.keys()
