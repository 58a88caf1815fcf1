"""Checkpoints fit whatever wrapped the model, and nothing else fits."""

import functools
import re

import adacode_mm  # noqa: F401 isort: skip  (before MMagic)
import pytest
import torch
from captured_log import captured_log
from mmagic.apis import init_model
from mmengine.runner import load_checkpoint
from refusals import refused
from tiny_stages import TINY, seeded_model, tiny_config

from adacode_mm.core.exceptions import CheckpointError


@functools.cache
def config(name='stage1_arch'):
    return tiny_config(name)


@pytest.fixture
def model():
    model = seeded_model(config(), seed=0)
    model.step_counter += 7
    return model


@pytest.fixture
def other():
    """Another model of the same config."""
    return seeded_model(config(), seed=1)


def save(path, state):
    torch.save({'meta': {}, 'state_dict': state}, path)
    return str(path)


def assert_equal_states(found, expected):
    assert found.keys() == expected.keys()
    for key, value in expected.items():
        assert torch.equal(found[key], value), key


def wrapped(state):
    """Names as the distributed wrapper of each child writes them."""
    return {re.sub(r'^(\w+)\.', r'\1.module.', k): v for k, v in state.items()}


@pytest.mark.parametrize('rename', [dict, wrapped], ids=['plain', 'wrapped'])
@pytest.mark.parametrize('way', ['torch', 'mmengine'])
def test_state_returns(model, other, tmp_path, rename, way):
    state = model.state_dict()
    assert not torch.equal(
        state['generator.encoder.in_conv.weight'],
        other.state_dict()['generator.encoder.in_conv.weight'],
    )
    if way == 'torch':
        found = other.load_state_dict(rename(state))
        assert found.missing_keys == found.unexpected_keys == []
    else:
        load_checkpoint(other, save(tmp_path / 'a.pth', rename(state)))
    assert_equal_states(other.state_dict(), state)
    assert other.step_counter == 7


def test_names_are_those_of_the_unwrapped_model(model):
    class Wrapper(torch.nn.Module):
        def __init__(self, module):
            super().__init__()
            self.module = module

    expected = model.state_dict()
    assert not any('.module.' in key for key in expected)
    for name in ('generator', 'discriminator'):
        setattr(model, name, Wrapper(getattr(model, name)))
    assert_equal_states(model.state_dict(), expected)


def test_the_state_of_a_model_inside_of_another_keeps_its_prefix(model):
    outer = torch.nn.ModuleDict({'inner': model})
    expected = model.state_dict()
    found = outer.state_dict()
    assert found.keys() == {f'inner.{key}' for key in expected}
    other = torch.nn.ModuleDict({'inner': seeded_model(config(), 1)})
    other.load_state_dict(found)
    assert_equal_states(other['inner'].state_dict(), expected)


def test_a_published_file_holds_the_generator_alone(model, other, tmp_path):
    state = {
        key: value
        for key, value in model.state_dict().items()
        if key.startswith('generator.')
    }
    before = {k: v.clone() for k, v in other.state_dict().items()}
    with captured_log() as log:
        load_checkpoint(other, save(tmp_path / 'a.pth', state))
    found = other.state_dict()
    for key, value in found.items():
        expected = state.get(key, before[key])
        assert torch.equal(value, expected), key
    said = [line for line in log if 'discriminator, step_counter' in line]
    assert said and 'as initialised' in said[0], log


def test_priors_in_old_files_are_ignored(tmp_path):
    model = seeded_model(config('stage3_sr_x4'), seed=0)
    other = seeded_model(config('stage3_sr_x4'), seed=1)
    prior = {k: v.clone() for k, v in other.hq_prior.state_dict().items()}
    state = model.state_dict()
    extra = model.hq_prior.state_dict()
    extra = {f'hq_prior.{key}': value for key, value in extra.items()}
    load_checkpoint(other, save(tmp_path / 'a.pth', {**state, **extra}))
    assert_equal_states(other.state_dict(), state)
    assert_equal_states(other.hq_prior.state_dict(), prior)


KEY = 'generator.decoder.out_conv.bias'
DAMAGE = {
    'shape': (
        lambda state: state.update({KEY: torch.zeros(4)}),
        [KEY, '(3,)', '(4,)'],
    ),
    'missing': (
        lambda state: state.pop(KEY),
        [f'1 missing ({KEY})'],
    ),
    'unexpected': (
        lambda state: state.update({'generator.extra': torch.zeros(1)}),
        ['1 unexpected (generator.extra)'],
    ),
    'part of what may be left out': (
        lambda state: state.pop('discriminator.conv_0.bias'),
        ['1 missing (discriminator.conv_0.bias)'],
    ),
}


@pytest.mark.parametrize('name', DAMAGE)
@pytest.mark.parametrize('rename', [dict, wrapped], ids=['plain', 'wrapped'])
def test_what_does_not_fit_is_named(model, other, tmp_path, name, rename):
    damage, facts = DAMAGE[name]
    state = dict(model.state_dict())
    damage(state)
    before = {k: v.clone() for k, v in other.state_dict().items()}
    path = save(tmp_path / 'a.pth', rename(state))
    with refused(CheckpointError, *facts):
        load_checkpoint(other, path)
    with refused(CheckpointError, *facts):
        other.load_state_dict(rename(state))
    assert_equal_states(other.state_dict(), before)


def test_init_model_refuses_the_checkpoint_of_another_stage(tmp_path):
    state = seeded_model(config('stage2')).state_dict()
    path = save(tmp_path / 'stage2.pth', state)
    with refused(CheckpointError, 'missing', 'generator.encoder.swin.'):
        init_model(str(TINY / 'stage3_sr_x4.py'), path, device='cpu')


@torch.no_grad()
def test_init_model_takes_its_own(tmp_path):
    # On its device, a model is laid out in memory as is fastest there.
    model = seeded_model(config('stage3_sr_x4')).to('cpu').eval()
    path = save(tmp_path / 'stage3.pth', model.state_dict())
    loaded = init_model(str(TINY / 'stage3_sr_x4.py'), path, device='cpu')
    image = torch.rand(1, 3, 13, 17)
    assert torch.equal(
        loaded(image, mode='tensor'), model(image, mode='tensor')
    )
