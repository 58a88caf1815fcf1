from types import SimpleNamespace

import pytest
import torch
from refusals import refused
from torch import nn

import adacode_mm  # noqa: F401
from adacode_mm.core.exceptions import InputError
from adacode_mm.models.quantizers.vector_quantizer import VectorQuantizer
from adacode_mm.training.hooks.fit_pre_quants_hook import FitPreQuantsHook


def generator(frozen=(True, True)):
    """Two projections of 6 channels, and codes far from what they give."""
    torch.manual_seed(0)
    net = nn.Module()
    net.pre_quants = nn.ModuleList(nn.Conv2d(6, c, 1) for c in (4, 3))
    net.quantizers = nn.ModuleList(VectorQuantizer(32, c) for c in (4, 3))
    for quantizer, fixed in zip(net.quantizers, frozen, strict=True):
        quantizer.embedding.weight.data.normal_(2.0, 5.0)
        quantizer.requires_grad_(not fixed)
    return net.train()


def start(net, iteration=0):
    runner = SimpleNamespace(
        model=SimpleNamespace(generator=net), iter=iteration
    )
    FitPreQuantsHook().before_train(runner)


def moments(x):
    return x.mean((0, 2, 3)), x.std((0, 2, 3), correction=0)


def test_the_first_batch_has_the_moments_of_the_codes():
    net = generator()
    start(net)
    features = torch.randn(2, 6, 8, 8)
    for conv, quantizer in zip(net.pre_quants, net.quantizers, strict=True):
        mean, deviation = moments(conv(features))
        codes = quantizer.embedding.weight
        torch.testing.assert_close(mean, codes.mean(0), rtol=0, atol=1e-4)
        torch.testing.assert_close(deviation, codes.std(0))
    # Only the first: the next batch finds the convolution as it is.
    weight = net.pre_quants[0].weight.clone()
    net.pre_quants[0](torch.randn(2, 6, 8, 8) * 7)
    assert torch.equal(net.pre_quants[0].weight, weight)


def test_the_gradient_is_that_of_the_fitted_projection():
    net = generator()
    start(net)
    conv = net.pre_quants[0]
    features = torch.randn(1, 6, 4, 4, requires_grad=True)
    with torch.autocast('cpu', torch.bfloat16):
        conv(features).float().sum().backward()
    expected = conv.weight[:, :, 0, 0].sum(0)[None, :, None, None]
    torch.testing.assert_close(
        features.grad, expected.expand(1, 6, 4, 4), rtol=0.02, atol=0.02
    )
    assert conv.weight.grad.abs().sum() > 0


def test_what_is_trained_or_goes_on_is_left_alone():
    net = generator(frozen=(False, True))
    before = [conv.weight.clone() for conv in net.pre_quants]
    start(net)
    for conv in net.pre_quants:
        conv(torch.randn(2, 6, 8, 8))
    assert torch.equal(net.pre_quants[0].weight, before[0])
    assert not torch.equal(net.pre_quants[1].weight, before[1])

    net = generator()
    start(net, iteration=250)
    net.pre_quants[0](torch.randn(2, 6, 8, 8))
    assert torch.equal(net.pre_quants[0].weight, before[0])


def test_validation_before_the_first_step_changes_nothing():
    net = generator()
    start(net)
    before = net.pre_quants[0].weight.clone()
    net.eval()
    net.pre_quants[0](torch.randn(2, 6, 8, 8))
    assert torch.equal(net.pre_quants[0].weight, before)
    net.train()
    net.pre_quants[0](torch.randn(2, 6, 8, 8))
    assert not torch.equal(net.pre_quants[0].weight, before)


@pytest.mark.parametrize('missing', ['pre_quants', 'quantizers'])
def test_a_model_without_projections_or_codes_is_refused(missing):
    net = generator()
    delattr(net, missing)
    with refused(InputError, 'pre_quants', 'generator.quantizers'):
        start(net)
