"""The step of the released code: the same values, computed its way."""

import pytest
import torch
from tiny_stages import TINY, TinyTraining

from adacode_mm.models.layers.pixel_linear import PixelLinear
from benchmarks.infer import load_network, sample_image
from benchmarks.released import ReleasedEditor, as_released


def pair(stage):
    ours = TinyTraining(stage)
    theirs = TinyTraining(
        stage,
        **{
            'model.type': ReleasedEditor,
            'optim_wrapper.constructor': 'MultiOptimWrapperConstructor',
        },
    )
    theirs.batch = ours.batch
    assert isinstance(theirs.model, ReleasedEditor)
    return ours, theirs


@pytest.mark.parametrize('stage', ['stage1_arch', 'stage2', 'stage3_sr_x4'])
def test_losses_and_gradients_are_ours(stage):
    ours, theirs = pair(stage)
    theirs.model.load_state_dict(ours.model.state_dict())
    if stage == 'stage3_sr_x4':
        prior = ours.model.hq_prior.state_dict()
        theirs.model.hq_prior.load_state_dict(prior)
    logs, their_logs = ours.step(), theirs.step()
    if stage == 'stage3_sr_x4':
        assert their_logs.pop('loss_feat') == 0
    assert logs.keys() == their_logs.keys()
    for name, value in logs.items():
        torch.testing.assert_close(
            their_logs[name], value, rtol=1e-5, atol=1e-7
        )
    # The first moments, of which frozen parameters have none.
    for name in ('generator', 'discriminator'):
        grad, their_grad = (moments(t, name) for t in (ours, theirs))
        assert (grad - their_grad).norm() < 1e-3 * grad.norm()


def moments(training, name):
    part = getattr(training.model, name)
    state = training.optim[name].optimizer.state
    return torch.cat(
        [
            state[p]['exp_avg'].flatten()
            for p in part.parameters()
            if p.requires_grad
        ]
    )


def test_what_is_computed_for_nothing_is_computed():
    ours, theirs = pair('stage3_sr_x4')
    decoded = {}
    for name, training in (('ours', ours), ('theirs', theirs)):
        calls = decoded[name] = []
        training.model.hq_prior.decoder.register_forward_hook(
            lambda *_, calls=calls: calls.append(1)
        )
        training.step()
    assert decoded == {'ours': [], 'theirs': [1]}
    held = {
        name: sum(
            p.numel()
            for group in training.optim['generator'].optimizer.param_groups
            for p in group['params']
        )
        for name, training in (('ours', ours), ('theirs', theirs))
    }
    generator = ours.model.generator
    frozen = sum(
        p.numel() for p in generator.parameters() if not p.requires_grad
    )
    assert held['theirs'] - held['ours'] == frozen > 0
    modules = list(theirs.model.modules())
    assert not any(isinstance(module, PixelLinear) for module in modules)


@torch.no_grad()
def test_the_network_gives_the_same_values():
    net = load_network(str(TINY / 'stage3_sr_x4.py'), 0)
    released, image = as_released(net), sample_image(32, 48, 0)
    ours, theirs = net(image), released(image)
    torch.testing.assert_close(ours.image, theirs.image, rtol=1e-4, atol=1e-5)
    names = [type(x).__name__ for x in released.modules()]
    assert 'OneHotQuantizer' in names and 'PixelLinear' not in names
    assert 'PixelLinear' in [type(x).__name__ for x in net.modules()]
