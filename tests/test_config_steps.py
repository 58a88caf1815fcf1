"""A step and a prediction of every config, with small networks.

Configs that differ only in length, data or start are stepped once.
"""

import adacode_mm  # noqa: F401 isort: skip  (before MMagic)
import functools
import json

import pytest
import torch
from mmagic.structures import DataSample
from mmengine.runner import load_checkpoint
from shrunk_configs import PATHS, name_of, small_config
from tiny_stages import photo_batch, seeded_model, seeded_optimizers

from adacode_mm.models.layers.padding import padded_forward

SCALES = {'sr_x2': 2, 'sr_x4': 4}

config_of = functools.cache(small_config)


def named_losses(model_cfg):
    """What a config says will be logged."""
    names = {'loss_pix'} if model_cfg.pixel_loss.loss_weight else set()
    if model_cfg.get('perceptual_loss'):
        names.add('loss_perceptual')
    if model_cfg.get('gan_loss'):
        names |= {'loss_gan', 'loss_d_real', 'loss_d_fake'}
    codes = model_cfg.get('code_losses', {}).items()
    return names | {f'loss_{name}' for name, cfg in codes if cfg}


class Step:
    """What one step of a config logs and changes."""

    def __init__(self, cfg):
        model = seeded_model(cfg).train()
        optim = seeded_optimizers(cfg, model)
        named = {
            name: parameter
            for name, parameter in model.named_parameters()
            if not name.startswith('generator_ema.')  # a hook moves it
        }
        before = {name: p.detach().clone() for name, p in named.items()}
        self.logs = model.train_step(photo_batch(cfg), optim)
        self.losses = [*model.code_losses.values(), model.pixel_loss]
        self.losses += [model.perceptual_loss, model.gan_loss]
        self.changed, self.with_gradient, self.optimized = set(), set(), set()
        optimized = {
            id(p)
            for each in optim.values()
            for group in each.optimizer.param_groups
            for p in group['params']
        }
        for name, p in named.items():
            if not torch.equal(p, before[name]):
                self.changed.add(name)
            if p.grad is not None:
                self.with_gradient.add(name)
            if id(p) in optimized:
                self.optimized.add(name)
        self.parameters = set(named)
        parts = [*cfg.model.get('frozen', ()), 'hq_prior']
        dotted = tuple(f'{part}.' for part in parts)
        self.frozen = {name for name in named if name.startswith(dotted)}


_steps = {}


def step_of(path):
    """The step of a config, or of one with the same network and pipeline."""
    cfg = config_of(path)
    key = json.dumps(
        [cfg.model, cfg.train_dataloader.dataset.pipeline, cfg.optim_wrapper],
        default=str,
    )
    if key not in _steps:
        _steps[key] = Step(cfg)
    return _steps[key]


@pytest.mark.parametrize('path', PATHS, ids=name_of)
def test_the_losses_that_it_names_are_logged(path):
    step = step_of(path)
    assert set(step.logs) == named_losses(config_of(path).model)
    for key, value in step.logs.items():
        assert torch.isfinite(value), key
    for loss in step.losses:
        assert loss is None or loss.loss_weight != 0, loss


@pytest.mark.parametrize('path', PATHS, ids=name_of)
def test_all_but_its_frozen_parts_are_trained(path):
    step = step_of(path)
    for part in config_of(path).model.get('frozen', ()):
        assert any(name.startswith(f'{part}.') for name in step.frozen), part
    assert not step.changed & step.frozen, 'a frozen parameter moved'
    assert not step.with_gradient & step.frozen
    assert step.optimized == step.parameters - step.frozen
    # Inside of both hinges the last bias gets -1 from real and 1 from fake.
    still = step.parameters - step.frozen - step.changed
    still -= {'discriminator.conv_9.bias'}
    # The blocks of VarFormer's adapter start switched off.
    still = {name for name in still if '.adapter.blocks.' not in name}
    assert not still, f'no gradient for {sorted(still)}'


def noise_image(height, width):
    torch.manual_seed(5)
    return torch.randint(0, 256, (3, height, width), dtype=torch.uint8)


def predict(model, image):
    """What `test_step` makes of one RGB image."""
    sample = DataSample(
        metainfo={'img_channel_order': 'RGB', 'img_color_type': 'color'}
    )
    data = {'inputs': [image.clone()], 'data_samples': [sample]}
    (found,) = model.test_step(data)
    return found.output.pred_img


_predicted = set()


@pytest.mark.parametrize('path', PATHS, ids=name_of)
@torch.no_grad()
def test_predict_save_load_predict(path, tmp_path):
    cfg = config_of(path)
    key = json.dumps(cfg.model, default=str)
    if key in _predicted:
        return  # the same network as that of another config
    model = seeded_model(cfg, seed=0).eval()
    image = noise_image(37, 51)
    found = predict(model, image)
    scale = next((n for task, n in SCALES.items() if task in path.stem), 1)
    assert found.shape == (3, 37 * scale, 51 * scale)
    # In BGR and 0..255, as MMagic's metrics and inferencers expect.
    rule = (cfg.model.get('test_cfg') or {}).get('padding', 'released')
    rgb = image[None] / 255
    expected = padded_forward(model.generator, rgb, rule).image[0]
    expected = (expected.flip(0) * 255).clamp(0, 255)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-3)
    assert found.std() > 1

    file = str(tmp_path / 'model.pth')
    torch.save({'state_dict': model.state_dict(), 'meta': {}}, file)
    other = seeded_model(cfg, seed=1).eval()
    assert not torch.allclose(predict(other, image), found)
    load_checkpoint(other, file)
    assert torch.equal(predict(other, image), found)
    _predicted.add(key)
