import pytest
import torch

from adacode_mm.checkpoints.state_dicts import find_state_dict, take_part
from adacode_mm.core.exceptions import CheckpointError

STATE = {'a.weight': torch.tensor([1.0]), 'a.b.bias': torch.tensor([2.0])}
OTHER = {'a.weight': torch.tensor([3.0])}


@pytest.mark.parametrize(
    'content',
    [
        STATE,
        {'state_dict': STATE, 'meta': {}},
        {'params': STATE},
        {'params_ema': STATE},
        {'params': STATE, 'params_ema': OTHER},
        {'state_dict': STATE, 'params': OTHER},
        {f'module.{key}': value for key, value in STATE.items()},
        {'params': {f'module.{key}': v for key, v in STATE.items()}},
        {**STATE, 'iteration': 7, 'params': None},
    ],
)
def test_find_state_dict(content):
    assert find_state_dict(content) == STATE


@pytest.mark.parametrize(
    'content', [{}, {'epoch': 3}, {'params': {}}, {'state_dict': {'a': 1}}]
)
def test_no_tensors(content):
    with pytest.raises(CheckpointError, match=r'must hold tensors, .*\[.*\]'):
        find_state_dict(content)


def test_a_parameter_that_is_there_twice():
    with pytest.raises(CheckpointError, match=r'once, but a\.weight is there'):
        find_state_dict({**STATE, 'module.a.weight': torch.tensor([3.0])})


@pytest.mark.parametrize(
    ('wrapped', 'bare'),
    [
        ('module.module.a.weight', 'a.weight'),
        ('_orig_mod.a.weight', 'a.weight'),
        ('module._orig_mod.a.weight', 'a.weight'),
        ('generator._orig_mod.module.a.weight', 'generator.a.weight'),
        ('module.generator_ema.module.a.weight', 'generator_ema.a.weight'),
        ('discriminator.module.a.weight', 'discriminator.a.weight'),
        ('generator.encoder._orig_mod.a', 'generator.encoder.a'),
        ('encoder.module.a', 'encoder.module.a'),  # a child of that name
    ],
)
def test_wrappers_are_taken_off(wrapped, bare):
    value = torch.tensor([1.0])
    assert find_state_dict({wrapped: value}) == {bare: value}


def test_numbers_as_keys_are_not_lost():
    assert find_state_dict({**STATE, 5: OTHER['a.weight']}) == {
        **STATE,
        '5': OTHER['a.weight'],
    }


def test_take_part():
    assert take_part(STATE, 'a.b', 'It') == {'bias': STATE['a.b.bias']}
    expected = {'weight': STATE['a.weight'], 'b.bias': STATE['a.b.bias']}
    assert take_part(STATE, 'a', 'It') == expected
    assert take_part(STATE, '', 'It') == STATE
    assert take_part({**STATE, 'ab.weight': OTHER}, 'a', 'It') == expected


def test_a_missing_part():
    message = r"^It must hold parameters named b\.\*, .* only has \['a'\]"
    with pytest.raises(CheckpointError, match=message):
        take_part(STATE, 'b', 'It')
