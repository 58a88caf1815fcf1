"""The prior, frozen parts and inference of the editor."""

import pytest
import torch
from refusals import refused
from tiny_stages import TinyTraining

from adacode_mm.core.exceptions import ConfigError
from adacode_mm.models.layers.padding import padded_forward


def test_last_indices_are_those_of_the_step():
    training = TinyTraining('stage2')
    out, _ = training.forward()
    training.step()
    found = training.model.last_indices
    assert len(found) == 5
    for indices, quantized in zip(found, out.quantized, strict=True):
        assert torch.equal(indices, quantized.indices)


def test_the_prior_stays_in_evaluation_mode_and_out_of_checkpoints():
    model = TinyTraining('stage3_sr_x4').model
    assert model.training and model.generator.training
    assert not any(part.training for part in model.hq_prior.modules())
    assert not any(p.requires_grad for p in model.hq_prior.parameters())
    model.eval().train()
    assert not any(part.training for part in model.hq_prior.modules())
    tops = {key.split('.')[0] for key in model.state_dict()}
    assert tops == {'generator', 'discriminator', 'step_counter'}


def test_the_prior_is_not_in_an_optimizer_and_does_not_decode():
    training = TinyTraining('stage3_sr_x4')
    prior = training.model.hq_prior
    owned = {id(p) for p in prior.parameters()}
    for wrapper in training.optim.values():
        groups = wrapper.optimizer.param_groups
        assert not owned & {id(p) for g in groups for p in g['params']}
    prior.decoder.register_forward_pre_hook(pytest.fail)
    training.step()


@torch.no_grad()
def test_restored_images_are_those_of_the_released_padding():
    model = TinyTraining('stage3_sr_x4').model.eval()
    image = torch.rand(2, 3, 13, 17)
    expected = padded_forward(model.generator, image).image
    assert expected.shape == (2, 3, 52, 68)
    assert torch.equal(model(image, mode='tensor'), expected)
    model.test_cfg = {'padding': 'minimal'}
    minimal = model(image, mode='tensor')
    expected = padded_forward(model.generator, image, 'minimal').image
    assert torch.equal(minimal, expected)


def test_a_loss_that_needs_the_prior_without_one():
    with refused(ConfigError, 'code_losses.match_codes', 'hq_prior'):
        TinyTraining('stage3_sr_x4', **{'model.hq_prior': None})


def test_a_frozen_part_that_does_not_exist():
    with refused(ConfigError, "'generator.decodr'", "'decoder'"):
        TinyTraining('stage2', **{'model.frozen': ['generator.decodr']})
