"""The average of the weights: what it is, who uses it, where it is kept."""

import re

import pytest
import torch
from captured_log import captured_log
from tiny_stages import seeded_model, tiny_config

from adacode_mm.checkpoints.pretrained_parts import read_state_dict

AVERAGE = re.compile(r'^generator_ema\.')


def model_of(seed=0, ema=True, stage='stage2'):
    cfg = tiny_config(stage, **{'model.train_cfg.ema': ema})
    return seeded_model(cfg, seed)


@pytest.fixture
def model():
    """With an average that differs from the generator."""
    model = model_of()
    with torch.no_grad():
        for parameter in model.generator_ema.parameters():
            parameter.mul_(0.9)
    return model


def averaged(state):
    return {
        AVERAGE.sub('', key): value
        for key, value in state.items()
        if AVERAGE.match(key)
    }


def assert_equal_states(found, expected):
    assert found.keys() == expected.keys()
    for key, value in expected.items():
        assert torch.equal(found[key], value), key


def test_without_it_there_is_nothing():
    model = model_of(ema=False)
    assert model.generator_ema is None
    assert not averaged(model.state_dict())
    assert model.predictor() is model.generator


def test_it_predicts(model):
    image = torch.rand(1, 3, 24, 32)
    plain = model_of(ema=False)
    plain.generator.load_state_dict(model.generator_ema.state_dict())
    with torch.no_grad():
        found = model(image, mode='tensor')
        assert torch.equal(found, plain(image, mode='tensor'))
        model.generator_ema = None
        assert not torch.equal(found, model(image, mode='tensor'))


def test_it_starts_from_initialised_weights():
    model = model_of()
    with torch.no_grad():
        model.generator.decoder.out_conv.weight.fill_(7)
    model.init_weights()
    assert_equal_states(
        model.generator_ema.state_dict(), model.generator.state_dict()
    )


def test_it_is_trained_by_nobody_but_not_frozen(model):
    """A frozen child would not be wrapped for distributed training."""
    frozen = {
        name
        for name, p in model.generator_ema.named_parameters()
        if not p.requires_grad
    }
    assert frozen == {
        name
        for name, p in model.generator.named_parameters()
        if not p.requires_grad
    }
    assert frozen, 'the codes of stage II'


def test_state_returns(model):
    other = model_of(seed=1)
    other.load_state_dict(model.state_dict())
    assert_equal_states(other.state_dict(), model.state_dict())


@pytest.mark.parametrize('prefix', ['generator.', 'generator.module.'])
def test_it_starts_from_a_checkpoint_without_one(prefix):
    plain = model_of(seed=1, ema=False)
    state = {
        re.sub(r'^generator\.', prefix, key): value
        for key, value in plain.state_dict().items()
    }
    model = model_of()
    with captured_log() as log:
        model.load_state_dict(state)
    assert 'generator_ema starts from its generator' in ' '.join(log)
    for net in (model.generator, model.generator_ema):
        assert_equal_states(net.state_dict(), plain.generator.state_dict())


def test_a_model_without_one_leaves_it_out_and_says_so(model):
    plain = model_of(seed=1, ema=False)
    with captured_log() as log:
        plain.load_state_dict(model.state_dict())
    assert 'the plain weights are used' in ' '.join(log)
    assert_equal_states(
        plain.generator.state_dict(), model.generator.state_dict()
    )


def test_the_next_stage_takes_the_average(model, tmp_path):
    path = str(tmp_path / 'stage2.pth')
    torch.save({'state_dict': model.state_dict()}, path)
    state = read_state_dict(path)
    handed = {
        key.removeprefix('generator.'): value
        for key, value in state.items()
        if key.startswith('generator.')
    }
    assert_equal_states(handed, averaged(model.state_dict()))
    assert any(key.startswith('discriminator.') for key in state)
    assert not any(AVERAGE.match(key) for key in state)
