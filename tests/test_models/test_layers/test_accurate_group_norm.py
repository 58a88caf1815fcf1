import pytest
import torch
import torch.nn.functional as F

from adacode_mm.models.layers.accurate_group_norm import AccurateGroupNorm


@pytest.fixture
def norm():
    torch.manual_seed(0)
    norm = AccurateGroupNorm(2, 4, eps=1e-6)
    torch.nn.init.normal_(norm.weight)
    torch.nn.init.normal_(norm.bias)
    return norm


def large_map(batch=1):
    """A million pixels; means of channels are not zero."""
    x = (
        torch.randn(batch, 4, 512, 2048)
        + torch.tensor([3, 2, -3, -2])[:, None, None]
    )
    return x.to(memory_format=torch.channels_last)


def exactly(norm, x):
    weight, bias = norm.weight.double(), norm.bias.double()
    return F.group_norm(x.double().contiguous(), 2, weight, bias, 1e-6)


def error(found, expected):
    return (found.double() - expected).abs().max()


@torch.no_grad()
def test_the_error_does_not_grow_with_the_map(norm):
    x = large_map(batch=2)
    expected = exactly(norm, x)
    found = norm(x)
    assert error(found, expected) < 3e-6
    assert found.is_contiguous(memory_format=torch.channels_last)
    # What this layer is for; should PyTorch get better, it may go.
    plain = F.group_norm(x, 2, norm.weight, norm.bias, 1e-6)
    assert error(plain, expected) > 1e-4


@torch.no_grad()
def test_half_precision_is_rounded_once(norm):
    x = large_map().bfloat16()
    expected = exactly(norm, x)
    found = norm(x)
    assert found.dtype == torch.bfloat16
    # Half a unit in the last place, and a little for the float32 inside.
    spacing = expected.abs() * 2**-8 + 1e-5
    assert ((found.double() - expected).abs() <= spacing).all()


def test_contiguous_maps_and_trainings_get_the_operator(norm):
    x = torch.randn(2, 4, 70, 90)
    contiguous = F.group_norm(x, 2, norm.weight, norm.bias, 1e-6)
    with torch.no_grad():
        assert torch.equal(norm(x), contiguous)
    x = x.to(memory_format=torch.channels_last)
    expected = F.group_norm(x, 2, norm.weight, norm.bias, 1e-6)
    found = norm(x)
    assert torch.equal(found, expected)
    found.sum().backward()
    assert norm.weight.grad is not None


@torch.no_grad()
def test_an_empty_batch_stays_empty(norm):
    assert norm(torch.empty(0, 4, 5, 6)).shape == (0, 4, 5, 6)
