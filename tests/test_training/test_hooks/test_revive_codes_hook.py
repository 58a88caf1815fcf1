from types import SimpleNamespace

import pytest
import torch
from refusals import refused
from torch import nn

import adacode_mm  # noqa: F401
from adacode_mm.core.exceptions import ConfigError, InputError
from adacode_mm.models.quantizers.vector_quantizer import VectorQuantizer
from adacode_mm.training.hooks.revive_codes_hook import ReviveCodesHook


def model_with(*sizes, frozen=()):
    torch.manual_seed(0)
    generator = nn.Module()
    generator.quantizers = nn.ModuleList(
        VectorQuantizer(n, 4) for n in sizes
    ).train()
    for k in frozen:
        generator.quantizers[k].requires_grad_(False)
    return SimpleNamespace(generator=generator)


def run_hook(hook, model, batches):
    """Iterations in which every quantizer sees the same features."""
    runner = SimpleNamespace(model=model, iter=0)
    hook.before_train(runner)
    for step, features in enumerate(batches):
        for quantizer in model.generator.quantizers:
            quantizer(features)
        runner.iter = step
        hook.after_train_iter(runner, step)


def features_at(*points):
    """Features (1, 4, 1, n), constant over the channels."""
    return torch.tensor(points).view(1, 1, 1, -1).repeat(1, 4, 1, 1)


def codes_at(quantizer, *points):
    quantizer.embedding.weight.data = torch.tensor(points)[:, None].repeat(
        1, 4
    )


def test_unused_codes_get_features_and_used_ones_stay():
    model = model_with(5)
    (quantizer,) = model.generator.quantizers
    codes_at(quantizer, 0.0, 1.0, 50.0, 60.0, 70.0)
    # Code 1 is used by the first batch only: that counts as well.
    batches = [features_at(0.1, 1.2), features_at(0.2, -0.3, 0.4)]
    run_hook(ReviveCodesHook([2, 9]), model, batches)
    codes = quantizer.embedding.weight.detach()
    assert torch.equal(codes[:2], torch.tensor([[0.0] * 4, [1.0] * 4]))
    for code in codes[2:]:
        assert any(
            torch.equal(code, torch.full((4,), x)) for x in (0.2, -0.3, 0.4)
        )


def test_it_acts_at_its_iterations_and_counts_afresh_after_each():
    model = model_with(2)
    (quantizer,) = model.generator.quantizers
    codes_at(quantizer, 0.0, 9.0)
    hook = ReviveCodesHook([2, 3])
    seen = []
    batches = [features_at(0.5), features_at(0.5), features_at(0.5)]
    runner = SimpleNamespace(model=model, iter=0)
    hook.before_train(runner)
    for step, features in enumerate(batches):
        quantizer(features)
        runner.iter = step
        hook.after_train_iter(runner, step)
        seen.append(quantizer.embedding.weight[:, 0].tolist())
    assert seen[0] == [0.0, 9.0]  # not yet
    assert seen[1] == [0.0, 0.5]  # the second was dead
    assert seen[2] == [0.5, 0.5]  # now the first was
    # After the last of them it looks no longer.
    assert not quantizer._forward_hooks


def test_frozen_codebooks_are_left_alone():
    model = model_with(3, 3, frozen=[1])
    before = [
        q.embedding.weight.detach().clone() for q in model.generator.quantizers
    ]
    far = torch.full((1, 4, 2, 2), 8.0)
    run_hook(ReviveCodesHook([1]), model, [far])
    trained, frozen = (
        q.embedding.weight.detach() for q in model.generator.quantizers
    )
    assert (trained == 8).all(1).sum() == 2
    assert not torch.equal(trained, before[0])
    assert torch.equal(frozen, before[1])


def test_validation_does_not_count():
    model = model_with(2)
    (quantizer,) = model.generator.quantizers
    codes_at(quantizer, 0.0, 9.0)
    hook = ReviveCodesHook([1])
    runner = SimpleNamespace(model=model, iter=0)
    hook.before_train(runner)
    quantizer(features_at(0.1))
    quantizer.eval()(features_at(9.1))
    hook.after_train_iter(runner, 0)
    assert quantizer.embedding.weight[1].tolist() == pytest.approx([0.1] * 4)


@pytest.mark.parametrize('wrong', [[], [0], [5, 5], [9, 2]])
def test_iterations_that_make_no_sense(wrong):
    with refused(ConfigError, 'ReviveCodesHook', str(wrong)):
        ReviveCodesHook(wrong)


def test_a_model_without_codebooks_is_refused():
    model = SimpleNamespace(generator=nn.Conv2d(1, 1, 1))
    with refused(InputError, 'generator.quantizers'):
        ReviveCodesHook([1]).before_train(SimpleNamespace(model=model))
