import pytest
import torch
import torch.nn.functional as F

from adacode_mm.core.exceptions import InputError
from adacode_mm.models.quantizers.multi_scale_quantizer import (
    MultiScaleQuantizer,
    flat_indices,
)


@pytest.fixture
def quantizer():
    torch.manual_seed(0)
    net = MultiScaleQuantizer(16, 4, scales=(1, 2, 4))
    torch.nn.init.normal_(net.embedding.weight)
    return net


def test_released_shares_of_the_convolutions():
    # Two scales lie exactly between two convolutions.
    assert MultiScaleQuantizer(4, 4).phi_of_scale == [
        *(0, 0, 1, 1, 1, 2, 2, 3, 3, 3)
    ]
    assert MultiScaleQuantizer(4, 4, num_phis=1).phi_of_scale == [0] * 10


@torch.no_grad()
def test_each_scale_quantizes_what_is_left(quantizer):
    z = torch.randn(2, 4, 4, 4)
    rest, codes = z, 0
    for k, (scale, q) in enumerate(
        zip(quantizer.scales, quantizer(z), strict=True)
    ):
        pooled = F.avg_pool2d(rest, 4 // scale)
        # Nearest by brute force.
        distance = torch.cdist(
            pooled.permute(0, 2, 3, 1).flatten(0, 2),
            quantizer.embedding.weight,
        )
        nearest = distance.argmin(1).view(2, scale, scale)
        assert torch.equal(q.indices, nearest)
        residual = quantizer.residual(nearest, k)
        codes, rest = codes + residual, rest - residual
        torch.testing.assert_close(q.codes, codes)
        torch.testing.assert_close(q.st, codes)
    found = quantizer(z)
    assert flat_indices(found).shape == (2, quantizer.num_tokens)
    assert quantizer.num_tokens == 21


def test_half_of_the_codes_passes_the_convolution_by(quantizer):
    with torch.no_grad():
        for phi in quantizer.phis:
            phi.weight.zero_()
            phi.bias.zero_()
    indices = torch.arange(16).view(1, 4, 4)
    half = 0.5 * quantizer.lookup(indices)
    torch.testing.assert_close(quantizer.residual(indices, 2), half)


@torch.no_grad()
def test_tokens_of_a_scale_are_means_of_what_came_before(quantizer):
    found = quantizer(torch.randn(2, 4, 4, 4))
    tokens = quantizer.all_tokens(found)
    assert tokens.shape == (2, 20, 4)
    torch.testing.assert_close(tokens[:, :1], _means(found[0].codes, 2)[:, :1])
    torch.testing.assert_close(tokens[:, 4:], _means(found[1].codes, 4))


def _means(codes, side):
    pooled = F.avg_pool2d(codes, 4 // side)
    return pooled.flatten(2).transpose(1, 2)


def test_another_grid_than_the_last_scale_is_refused(quantizer):
    with pytest.raises(InputError) as raised:
        quantizer(torch.zeros(1, 4, 4, 5))
    assert '4x5' in str(raised.value)
