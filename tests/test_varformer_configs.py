"""VarFormer's stages: sizes, what is frozen, where gradients go, hand-over."""

import adacode_mm  # noqa: F401 isort: skip  (before MMagic)
import copy
import functools

import pytest
import torch
from mmengine.config import Config
from shrunk_configs import CONFIGS, TINY, name_of
from tiny_stages import (
    photo_batch,
    seeded_model,
    seeded_optimizers,
    working_directory,
)

from adacode_mm.core.exceptions import ConfigError
from adacode_mm.models.quantizers.multi_scale_quantizer import flat_indices
from adacode_mm.training.check_config import check_config

VARFORMER = CONFIGS / 'varformer'
FULL = sorted(VARFORMER.glob('*.py'))
# Of the released networks; without what is in their files for nothing.
TOKENIZER = 108_948_355
VAR = {16: 310_283_520, 20: 600_917_136}
TOTAL = {
    'stage1_d16': 486_550_707,
    'stage2_d16': 888_681_692,
    'stage2_d20_adjust': 1_207_357_650,
}
# What the release trains, less its modules that never get a gradient.
UNUSED = 19_474_168 + 15_360 + 2
RELEASED_TRAINS = {
    'stage1_d16': 75_382_832,
    'stage2_d16': 497_003_347 - UNUSED,
    'stage2_d20_adjust': 527_716_025 - UNUSED,
}


def count(parameters):
    return sum(p.numel() for p in parameters)


def trained(model):
    return count(p for p in model.parameters() if p.requires_grad)


def full_model(path, **changes):
    cfg = Config.fromfile(path)
    cfg.merge_from_dict({'model.train_cfg': None, **changes})
    with torch.device('meta'):
        return seeded_model(cfg)


@pytest.mark.parametrize('path', FULL, ids=name_of)
def test_full_size(path):
    check_config(Config.fromfile(path))
    model = full_model(path)
    total, depth = TOTAL[path.stem], 20 if 'd20' in path.stem else 16
    assert count(model.generator.parameters()) == total
    assert trained(model) == total - TOKENIZER - VAR[depth]


@pytest.mark.parametrize('path', FULL, ids=name_of)
def test_the_released_list_of_frozen_parts(path):
    """It leaves VAR's head and embeddings to be trained."""
    frozen = Config.fromfile(path).model.frozen
    frozen = [f'{x}.blocks' if x.endswith('.var') else x for x in frozen]
    model = full_model(path, **{'model.frozen': frozen})
    assert trained(model) == RELEASED_TRAINS[path.stem]


def test_every_tiny_config_is_there():
    names = {path.stem for path in TINY if path.parent.parent == VARFORMER}
    assert names == {'vqvae', 'var', 'stage1', 'stage2'}


def tiny(name, **changes):
    cfg = Config.fromfile(VARFORMER / 'tiny' / f'{name}.py')
    cfg.model.pop('init_cfg', None)
    cfg.merge_from_dict(changes)
    return cfg


@functools.cache
def batch(stage):
    return photo_batch(tiny(stage))


def outputs(model, stage):
    """Output of the generator, of the prior, and the ground truth."""
    data = model.data_preprocessor(copy.deepcopy(batch(stage)), True)
    gt = data['data_samples'].gt_img
    prior = model._prior_of(gt)
    return model.generator(data['inputs']), prior, gt


def reached(model, loss):
    """Parts of the model that a loss gives a gradient other than zero."""
    model.zero_grad(set_to_none=True)
    loss.backward(retain_graph=True)
    return {
        name.removeprefix('generator.').removeprefix('prior.').split('.')[0]
        for name, p in model.named_parameters()
        if p.grad is not None and p.grad.any()
    }


def test_where_gradients_go():
    """As in the release: two branches that are trained apart."""
    frozen = ['generator.prior.vqvae', 'generator.prior.var.blocks']
    model = seeded_model(tiny('stage2', **{'model.frozen': frozen}))
    out, prior, gt = outputs(model, 'stage2')
    losses = model.code_losses
    image = model.pixel_loss(out.image, gt) + losses['psnr'](out, gt)
    assert reached(model, image) == {'encoder', 'decoder'}
    assert reached(model, losses['latent'](out, prior)) == {'adapter'}
    tokens = reached(model, losses['tokens'](out, prior))
    assert tokens == {'cross_attentions', 'var'}


def test_true_tokens_are_those_of_the_frozen_tokenizer():
    model = seeded_model(tiny('stage1'))
    out, prior, gt = outputs(model, 'stage1')
    with torch.no_grad():
        shown = model.generator.vqvae(gt)
    indices = flat_indices(prior.quantized)
    assert torch.equal(indices, flat_indices(shown.quantized))
    assert not any(key.startswith('hq_prior') for key in model.state_dict())
    logits = out.logits.flatten(0, 1)
    chance = logits.log_softmax(1).gather(1, indices.flatten()[:, None])
    found = model.code_losses['tokens'](out, prior)
    torch.testing.assert_close(found, -0.1 * chance.mean())
    difference = out.quantized[-1].st - shown.quantized[-1].codes
    found = model.code_losses['latent'](out, prior)
    torch.testing.assert_close(found, 0.5 * difference.square().mean())


@torch.no_grad()
def test_teacher_forcing():
    model = seeded_model(tiny('stage1'))
    generator = model.generator
    _, prior, gt = outputs(model, 'stage1')
    forced = generator(gt, prior)
    own = generator(gt)
    assert not torch.allclose(forced.logits, own.logits)
    # At the first scale there is nothing before it.
    torch.testing.assert_close(forced.logits[:, 0], own.logits[:, 0])
    last = prior.quantized[-1].codes
    torch.testing.assert_close(forced.prior.decoded.codes, last)
    # What it chose itself is not what it was shown.
    indices = flat_indices(prior.quantized)
    assert (forced.prior.decoded.indices != indices).any()
    # In use there is no truth to show.
    generator.teacher_forcing = False
    torch.testing.assert_close(generator(gt, prior).logits, own.logits)


def test_a_step_shows_the_truth():
    cfg = tiny('stage1')
    model = seeded_model(cfg).train()
    data = model.data_preprocessor(copy.deepcopy(batch('stage1')), True)
    prior = model._prior_of(data['data_samples'].gt_img)
    with torch.no_grad():
        loss = model.code_losses['tokens']
        forced = loss(model.generator(data['inputs'], prior), prior)
        own = loss(model.generator(data['inputs']), prior)
    assert not torch.isclose(forced, own)
    optim = seeded_optimizers(cfg, model)
    logs = model.train_step(copy.deepcopy(batch('stage1')), optim)
    torch.testing.assert_close(logs['loss_tokens'].detach(), forced)


def test_a_trained_part_shows_nothing():
    cfg = tiny('stage1', **{'model.frozen': ['generator.var']})
    with pytest.raises(ConfigError) as raised:
        seeded_model(cfg)
    assert 'generator.vqvae' in str(raised.value)


def test_stage_2_starts_from_stage_1(tmp_path):
    stage1 = seeded_model(tiny('stage1'), seed=1)
    file = 'work_dirs/tiny/varformer_stage1/iter_1.pth'
    (tmp_path / file).parent.mkdir(parents=True)
    with working_directory(tmp_path):
        torch.save({'state_dict': stage1.state_dict(), 'meta': {}}, file)
        cfg = Config.fromfile(VARFORMER / 'tiny' / 'stage2.py')
        cfg.model.init_cfg.sources[0].checkpoint = file
        stage2 = seeded_model(cfg)
        stage2.init_weights()
    old = stage1.generator.state_dict()
    new = stage2.generator.prior.state_dict()
    assert new.keys() < old.keys()
    left = {key.split('.')[1] for key in old.keys() - new.keys()}
    assert left == {'1'}  # the second cross-attention
    for key, value in new.items():
        assert torch.equal(value, old[key]), key
