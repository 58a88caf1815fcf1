import logging
from types import SimpleNamespace

import torch
from refusals import refused
from torch import nn

import adacode_mm  # noqa: F401
from adacode_mm.core.exceptions import ConfigError, InputError
from adacode_mm.models.quantizers.vector_quantizer import VectorQuantizer
from adacode_mm.training.hooks.codebook_warm_up_hook import (
    CodebookWarmUpHook,
)

CENTRES = torch.tensor([[0.0, 4.0], [5.0, 5.0], [-6.0, 0.0], [2.0, -7.0]])


def features(seed):
    """Clouds around the four centres, alike in every seed but the noise."""
    noise = torch.Generator().manual_seed(seed)
    z = CENTRES.repeat(4, 1) + 0.1 * torch.randn(16, 2, generator=noise)
    return z.t().reshape(1, 2, 4, 4)


def trained(iterations, start=0, steps=None, **quantizer):
    model = nn.Module()
    model.generator = nn.Module()
    model.generator.quantizers = nn.ModuleList([VectorQuantizer(4, 2)])
    for parameter in model.parameters():
        parameter.requires_grad_(quantizer.get('trained', True))
    runner = SimpleNamespace(
        model=model.train(), iter=start, logger=logging.getLogger('test')
    )
    hook = CodebookWarmUpHook(iterations)
    hook.before_train(runner)
    only = model.generator.quantizers[0]
    outputs = []
    for step in range(start, start + (steps or iterations)):
        runner.iter = step
        outputs.append(only(features(step)))
        hook.after_train_iter(runner, step)
    return only, outputs


def test_codes_become_the_centres_of_the_features():
    quantizer, outputs = trained(iterations=3)
    found = quantizer.embedding.weight.detach()
    nearest = torch.cdist(CENTRES, found).argmin(1)
    assert sorted(nearest.tolist()) == [0, 1, 2, 3]
    torch.testing.assert_close(found[nearest], CENTRES, rtol=0, atol=0.15)
    # Until then they let everything through.
    assert torch.equal(outputs[2].st, features(2))
    assert quantizer(features(9)).indices.unique().numel() == 4


def test_a_bypassed_codebook_has_a_gradient_of_zero():
    _, outputs = trained(iterations=5, steps=1)
    codes = outputs[0].codes
    assert torch.equal(codes, features(0))
    codes.square().sum().backward()
    assert not trained(5, steps=1)[0].embedding.weight.grad


def test_a_resumed_training_goes_on_without_or_with_codes():
    codes = VectorQuantizer(4, 2).embedding.weight
    quantizer, outputs = trained(iterations=3, start=3, steps=1)
    assert torch.equal(outputs[0].codes, quantizer.lookup(outputs[0].indices))
    assert quantizer.embedding.weight.abs().max() <= codes.abs().max() + 0.1
    quantizer, _ = trained(iterations=3, start=2, steps=1)
    assert torch.cdist(CENTRES, quantizer.embedding.weight).min(1)[0].max() < 1


def test_frozen_codes_stay():
    quantizer, outputs = trained(iterations=2, trained=False)
    assert quantizer.embedding.weight.abs().max() <= 1 / 4
    assert torch.equal(outputs[0].st, features(0))
    assert not quantizer.bypass


def test_wrong_use_is_explained():
    with refused(ConfigError, 'CodebookWarmUpHook', '0'):
        CodebookWarmUpHook(0)
    runner = SimpleNamespace(model=nn.Identity(), iter=0)
    with refused(InputError, 'CodebookEditor'):
        CodebookWarmUpHook(1).before_train(runner)
