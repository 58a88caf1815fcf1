"""VarFormer's files as the house opens them."""

import adacode_mm  # noqa: F401 isort: skip  (before MMagic)
import functools

import pytest
import torch
from mmengine.config import Config
from released_varformer import released_layout
from shrunk_configs import CONFIGS
from tiny_stages import seeded_model

from adacode_mm.core.exceptions import CheckpointError
from adacode_mm.models.family import (
    Weights,
    families,
    family_named,
    family_of,
)
from adacode_mm.models.traits import layout_of

FAMILY = family_named('varformer')
FULL = ('vae', 'var_d16', 'stage1_d16', 'varformer_d16')


def sparse(kind):
    """Tensors of a released file, one number each."""
    layout = released_layout(kind)
    return {key: torch.zeros(()).expand(shape) for key, shape in layout}


@functools.cache
def tiny(name):
    cfg = Config.fromfile(CONFIGS / 'varformer' / 'tiny' / f'{name}.py')
    cfg.model.pop('init_cfg', None)
    return cfg, seeded_model(cfg).generator.eval()


def weights(state, config=None, published=False):
    names = FAMILY.names(layout_of(state))
    state = {new: state[old] for old, new in names.items()}
    return Weights(state, config, published, False, 'net.pth')


@pytest.mark.parametrize('kind', FULL)
def test_released_files_are_of_this_family_alone(kind):
    layout = layout_of(sparse(kind))
    found = [f.name for f in families() if f.recognises(layout)]
    assert found == ['varformer']


def test_files_of_a_training_are_of_this_family_alone():
    net = tiny('stage2')[1]
    assert family_of(net) is FAMILY
    layout = layout_of(net.state_dict())
    found = [f.name for f in families() if f.recognises(layout)]
    assert found == ['varformer']


@torch.no_grad()
def test_its_own_file_with_a_config():
    cfg, net = tiny('stage2')
    config = cfg.model.generator.to_dict()
    found, stated = FAMILY.open(weights(net.state_dict(), config))
    assert stated['prior']['layout'] == 'fixed'
    image = torch.rand(1, 3, 64, 64)
    assert torch.equal(found(image).image, net(image).image)
    again, _ = FAMILY.open(weights(net.state_dict(), stated))
    assert torch.equal(again(image).image, net(image).image)
    FAMILY.check_config(net, stated)


def test_traits():
    traits = FAMILY.traits(tiny('stage2')[1])
    assert (traits.task, traits.scale) == ('restore', 1)
    assert traits.size.exactly == 64
    assert traits.tiles.overlap >= 32
    assert traits.tiles.guided


@pytest.mark.parametrize('kind', FULL[:3])
def test_a_file_that_restores_nothing(kind):
    with pytest.raises(CheckpointError) as raised:
        FAMILY.open(weights(sparse(kind), published=True))
    assert 'net.pth' in str(raised.value)


@pytest.mark.parametrize(
    ('change', 'name'),
    [
        ({'prior': {'var': {'depth': 20}}}, 'prior.var.depth'),
        ({'adjust': True}, 'adjust'),
        ({'prior': {'layout': 1}}, 'prior.layout'),
        ({'prior': {'vqvae': {'quantizer': {'scales': (1, 'a')}}}}, 'scales'),
        ({'encoder': {'type': 'os.system'}}, 'encoder.type'),
    ],
)
def test_a_config_of_another_network(change, name):
    """Such as that of d16 with a file of d20."""
    cfg, net = tiny('stage2')
    config = Config({'config': cfg.model.generator.to_dict()})
    config.merge_from_dict({'config': change})
    config = config.config.to_dict()
    with pytest.raises(CheckpointError) as raised:
        FAMILY.open(weights(net.state_dict(), config))
    assert name in str(raised.value)
