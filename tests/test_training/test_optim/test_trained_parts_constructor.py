"""Optimizers hold what is trained, and nothing else."""

import pytest
import torch
from mmengine.logging import MessageHub
from tiny_stages import TinyTraining

CLIPPED = {
    f'optim_wrapper.{name}.clip_grad': {'max_norm': norm}
    for name, norm in (('generator', 1e-3), ('discriminator', 1e-4))
}


@pytest.mark.parametrize('stage', ['stage1_arch', 'stage2', 'stage3_sr_x4'])
def test_frozen_parts_have_no_gradient_and_no_state(stage):
    training = TinyTraining(stage)
    training.step()
    model = training.model
    for name in ('generator', 'discriminator'):
        optimizer = training.optim[name].optimizer
        held = {id(p) for g in optimizer.param_groups for p in g['params']}
        part = getattr(model, name)
        trained = {id(p) for p in part.parameters() if p.requires_grad}
        assert held == trained == {id(p) for p in optimizer.state}
    frozen = [p for p in model.parameters() if not p.requires_grad]
    assert bool(frozen) == (stage != 'stage1_arch')
    assert all(p.grad is None for p in frozen)


def norm_of(grads):
    return torch.stack([grad.norm() for grad in grads]).norm().item()


def test_gradients_are_clipped_and_their_norms_logged(monkeypatch):
    hub = MessageHub.get_instance('clipped')
    monkeypatch.setattr(MessageHub, 'get_current_instance', lambda: hub)
    training = TinyTraining('stage3_sr_x4', **CLIPPED)
    seen = {}
    for name, wrapper in training.optim.items():

        def step(name=name, wrapper=wrapper):
            before = norm_of(p.grad for p in parameters(wrapper))
            wrapper._clip_grad()
            after = norm_of(p.grad for p in parameters(wrapper))
            seen[name] = before, after

        wrapper.step = step
    training.step()
    for name, limit in (('generator', 1e-3), ('discriminator', 1e-4)):
        before, after = seen[name]
        assert before > 2 * limit
        assert after == pytest.approx(limit, rel=1e-3)
        logged = hub.get_scalar(f'train/{name}_grad_norm').current()
        assert logged == pytest.approx(before, rel=1e-4)


def parameters(wrapper):
    return [
        p
        for group in wrapper.optimizer.param_groups
        for p in group['params']
        if p.grad is not None
    ]
