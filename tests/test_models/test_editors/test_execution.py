"""Memory formats and compiled networks change rounding, and nothing else."""

import pytest
import torch
from refusals import refused
from tiny_stages import TinyTraining

from adacode_mm.core.exceptions import ConfigError

STAGES = ['stage1_arch', 'stage3_sr_x4']


def trained(stage, batch=None, steps=1, **train_cfg):
    """A model after a step on the CPU, and what it logged."""
    options = {f'model.train_cfg.{k}': v for k, v in train_cfg.items()}
    training = TinyTraining(stage, **options)
    training.model.to('cpu')
    if batch is not None:
        training.batch = batch
    logs = [training.step() for _ in range(steps)]
    return training, logs[-1]


def assert_same_step(found, expected):
    (training, logs), (other, other_logs) = found, expected
    for name, value in other_logs.items():
        torch.testing.assert_close(logs[name], value, rtol=1e-4, atol=1e-6)
    state, other_state = training.model.state_dict(), other.model.state_dict()
    assert list(state) == list(other_state)
    for name in ('generator', 'discriminator'):
        grad, other_grad = (gradient(t, name) for t in (training, other))
        assert (grad - other_grad).norm() < 1e-3 * other_grad.norm()


def gradient(training, name):
    """Of one step: ten times Adam's first moments."""
    states = training.optim[name].optimizer.state.values()
    return 10 * torch.cat([state['exp_avg'].flatten() for state in states])


@pytest.mark.parametrize('stage', STAGES)
def test_channels_last_changes_rounding_only(stage):
    plain = trained(stage, memory_format='contiguous')
    assert plain[0].model.generator.decoder.out_conv.weight.is_contiguous()
    own = trained(stage, plain[0].batch, memory_format='channels_last')
    assert_same_step(own, plain)


@pytest.mark.parametrize('stage', STAGES)
def test_on_the_cpu_channels_last_is_the_default_and_holds_throughout(stage):
    training = TinyTraining(stage)
    model = training.model.to('cpu')
    seen = {}
    for name, module in model.named_modules():
        if isinstance(module, torch.nn.Conv2d):
            module.register_forward_hook(
                lambda m, args, out, name=name: seen.update({name: args[0]})
            )
    training.step()
    assert len(seen) > 30
    for name, x in seen.items():
        assert x.is_contiguous(memory_format=torch.channels_last), name


def test_an_unknown_format_is_named():
    training = TinyTraining(
        'stage1_arch', **{'model.train_cfg.memory_format': 'nhwc'}
    )
    with refused(ConfigError, "'channels_last'", "'nhwc'"):
        training.model.to('cpu')


def test_a_compiled_generator_trains_alike_and_keeps_its_names():
    plain = trained('stage1_arch')
    torch._dynamo.utils.counters.clear()
    own = trained('stage1_arch', plain[0].batch, compile=True)
    stats = torch._dynamo.utils.counters['stats']
    assert stats['unique_graphs'] > 0, 'nothing was compiled'
    assert_same_step(own, plain)
    # Whole images come in every size: prediction runs what is written.
    plain[0].model.load_state_dict(own[0].model.state_dict())
    image = torch.rand(1, 3, 40, 24)
    stats.clear()
    with torch.no_grad():
        found = own[0].model(image, mode='tensor')
        assert torch.equal(found, plain[0].model(image, mode='tensor'))
    assert not stats
