"""The graph to export computes what the network computes."""

import pytest
import torch
from released_state import relative_error
from tiny_networks import tiny_network

from adacode_mm.core.exceptions import InputError
from adacode_mm.models.adacode.codebook_net import CodebookNet
from adacode_mm.models.adacode.traceable.traceable_net import TraceableNet
from adacode_mm.models.adacode.traceable.traceable_norm import (
    TraceableGroupNorm,
    with_traceable_norms,
)
from adacode_mm.models.layers.padding import padded_forward


def test_group_norm_gives_the_same_far_from_zero():
    torch.manual_seed(0)
    norm = torch.nn.GroupNorm(4, 16, eps=1e-6)
    torch.nn.init.normal_(norm.weight)
    torch.nn.init.normal_(norm.bias)
    x = torch.randn(2, 16, 9, 13) + 10 * torch.randn(2, 16, 1, 1)
    expected = norm.double()(x.double())
    found = TraceableGroupNorm(norm.float())(x)
    assert relative_error(found, expected) < 1e-6


def test_norms_are_replaced_in_a_copy_over_the_same_parameters():
    net, _ = tiny_network(1, swin=False)
    own = with_traceable_norms(net.decoder)
    kinds = {type(each) for each in own.modules()}
    assert TraceableGroupNorm in kinds
    assert torch.nn.GroupNorm not in kinds
    kinds = {type(each) for each in net.decoder.modules()}
    assert TraceableGroupNorm not in kinds
    pairs = zip(own.parameters(), net.decoder.parameters(), strict=True)
    assert all(a is b for a, b in pairs)


@pytest.mark.parametrize('padding', ['released', 'minimal'])
@pytest.mark.parametrize(
    'options',
    [(4, True, 2), (2, True, 1), (1, True, 3), (1, False, 2), (1, False, 1)],
    ids=['x4', 'x2 one codebook', 'inpaint', 'stage II', 'stage I'],
)
@torch.no_grad()
def test_it_is_the_network_with_padding_and_cropping(options, padding):
    net, _ = tiny_network(*options)
    traceable = TraceableNet(net, padding)
    m = net.size_multiple
    for shape in ((1, 3, m // 2, m - 1), (2, 3, m, 2 * m + 3)):
        image = torch.rand(shape)
        out = padded_forward(net, image, padding)
        found = dict(zip(traceable.axes(), traceable(image), strict=True))
        assert relative_error(found['image'], out.image) < 1e-5
        for k, each in enumerate(out.quantized):
            assert torch.equal(found[f'indices{k}'], each.indices)
            assert len(each.indices.unique()) > 2
        if out.weight is None:
            assert 'weight' not in found
        else:
            assert relative_error(found['weight'], out.weight) < 1e-5


@torch.no_grad()
def test_weights_with_softmax():
    net, _ = tiny_network(4)
    net.weight_predictor.softmax = True
    image = torch.rand(1, 3, 20, 20)
    _, weight, *_ = TraceableNet(net)(image)
    assert torch.allclose(weight.sum(1), torch.ones(1))
    assert relative_error(weight, padded_forward(net, image).weight) < 1e-5


def test_other_networks_and_rules_are_refused():
    net, _ = tiny_network(4)
    with pytest.raises(InputError, match='padding must be one of'):
        TraceableNet(net, 'reflect')
    with pytest.raises(InputError, match='got a Conv2d'):
        TraceableNet(torch.nn.Conv2d(3, 3, 1))

    class Other(CodebookNet):
        """One that may compute something else."""

    net.__class__ = Other
    with pytest.raises(InputError, match='got a Other'):
        TraceableNet(net)
