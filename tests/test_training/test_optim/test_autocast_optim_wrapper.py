"""Mixed precision: close to float32, and nothing overflows for long."""

import copy

import pytest
import torch
from refusals import refused
from tiny_stages import TinyTraining

from adacode_mm.core.exceptions import ConfigError
from adacode_mm.training.optim.autocast_optim_wrapper import (
    AutocastOptimWrapper,
)

# Rounding to 8 bits of mantissa, through some twenty layers.
TOLERANCE = {'bfloat16': 0.05, 'float16': 0.01}


def amp_options(dtype, **more):
    return {
        f'optim_wrapper.{part}.{key}': value
        for part in ('generator', 'discriminator')
        for key, value in {
            'type': 'adacode_mm.AutocastOptimWrapper',
            'dtype': dtype,
            **more,
        }.items()
    }


@pytest.mark.parametrize('dtype', ['bfloat16', 'float16'])
@pytest.mark.parametrize('stage', ['stage1_arch', 'stage3_sr_x4'])
def test_losses_are_close_to_those_of_float32(stage, dtype):
    exact = TinyTraining(stage)
    mixed = TinyTraining(stage, **amp_options(dtype, init_scale=128.0))
    mixed.batch = exact.batch
    dtypes = []
    for part in ('generator', 'discriminator'):
        layers = getattr(mixed.model, part).modules()
        conv = next(m for m in layers if isinstance(m, torch.nn.Conv2d))
        conv.register_forward_hook(lambda m, a, out: dtypes.append(out.dtype))
    grads = {}
    for training in (exact, mixed):
        wrapper = training.optim['generator']
        step = wrapper.optimizer.step

        def keep(*args, training=training, step=step, **kwargs):
            grads[training] = gradients(training.model.generator)
            return step(*args, **kwargs)

        wrapper.optimizer.step = keep
    expected, found = exact.step(), mixed.step()
    # The generator once, the discriminator on three batches.
    assert dtypes == [getattr(torch, dtype)] * 4
    for name, value in expected.items():
        tolerance = TOLERANCE[dtype] * max(abs(value.item()), 1e-3)
        assert found[name].dtype == torch.float32, name
        assert abs(found[name].item() - value.item()) <= tolerance, name
    same = [
        (a == b).float().mean().item()
        for a, b in zip(
            mixed.model.last_indices, exact.model.last_indices, strict=True
        )
    ]
    assert min(same) > 0.8, same
    assert grads[exact].keys() == grads[mixed].keys()
    for name, grad in grads[mixed].items():
        assert grad.isfinite().all(), name
        assert grad.dtype == torch.float32, name
    flat = [torch.cat([g.flatten() for g in grads[t].values()]) for t in grads]
    assert torch.cosine_similarity(*flat, dim=0) > 0.95


def gradients(module):
    return {
        name: p.grad.clone()
        for name, p in module.named_parameters()
        if p.grad is not None
    }


def toy_wrapper(**options):
    torch.manual_seed(0)
    layer = torch.nn.Linear(4, 1)
    optimizer = torch.optim.Adam(layer.parameters(), lr=0.1)
    return layer, AutocastOptimWrapper(optimizer=optimizer, **options)


def test_a_step_that_overflows_is_left_out_and_the_scale_halved():
    layer, wrapper = toy_wrapper(dtype='float16', init_scale=64.0)
    before = layer.weight.detach().clone()
    x = torch.ones(2, 4)
    wrapper.update_params(layer(x).mean() * float('inf'))
    assert torch.equal(layer.weight, before)
    assert wrapper.loss_scaler.get_scale() == 32
    wrapper.update_params(layer(x).mean())
    # Adam's first step is the learning rate, whatever the scale.
    torch.testing.assert_close(layer.weight, before - 0.1)


def test_the_scale_does_not_reach_the_weights():
    results = []
    for scale in (1.0, 1024.0):
        layer, wrapper = toy_wrapper(
            dtype='float16', init_scale=scale, clip_grad={'max_norm': 0.5}
        )
        for _ in range(3):
            wrapper.update_params(layer(torch.ones(2, 4)).square().mean())
        results.append(layer.weight.detach())
    torch.testing.assert_close(*results)


def test_the_scale_is_saved_and_restored():
    options = {'dtype': 'float16', 'init_scale': 64.0, 'growth_interval': 3}
    layer, wrapper = toy_wrapper(**options)
    for _ in range(4):
        wrapper.update_params(layer(torch.ones(2, 4)).mean())
    state = copy.deepcopy(wrapper.state_dict())
    assert state['loss_scaler']['scale'] == 128
    assert state['loss_scaler']['_growth_tracker'] == 1
    other_layer, other = toy_wrapper(**options)
    other_layer.load_state_dict(layer.state_dict())
    other.load_state_dict(state)
    assert 'loss_scaler' in state, 'the given state was changed'
    for each, its in ((layer, wrapper), (other_layer, other)):
        for _ in range(2):
            its.update_params(each(torch.ones(2, 4)).mean())
    assert other.loss_scaler.get_scale() == 256
    assert torch.equal(layer.weight, other_layer.weight)


def test_states_pass_between_precisions():
    _, plain = toy_wrapper(dtype='bfloat16')
    layer, scaled = toy_wrapper(dtype='float16', init_scale=64.0)
    scaled.update_params(layer(torch.ones(2, 4)).mean())
    plain.load_state_dict(scaled.state_dict())
    scaled.load_state_dict(plain.state_dict())
    assert scaled.loss_scaler.get_scale() == 64


def test_an_unknown_dtype_is_named():
    with refused(ConfigError, "'bfloat16', 'float16'", "'half'"):
        toy_wrapper(dtype='half')
