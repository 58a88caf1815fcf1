import pytest
import torch
import torch.nn.functional as F

from adacode_mm.models.layers.nearest_conv import nearest_conv, phase_kernels
from adacode_mm.models.layers.scale_blocks import UpBlock


def enlarged_conv(x, weight, bias=None):
    enlarged = x.repeat_interleave(2, 2).repeat_interleave(2, 3)
    return F.conv2d(enlarged, weight, bias, padding=1)


def test_phases_are_the_enlarged_convolution():
    weight = torch.randn(5, 4, 3, 3, dtype=torch.float64)
    x = torch.randn(2, 4, 3, 6, dtype=torch.float64)
    expected = enlarged_conv(x, weight)
    phases = phase_kernels(weight).unflatten(0, (2, 2, 5))
    padded = F.pad(x, (1, 1, 1, 1))
    for i in (0, 1):
        for j in (0, 1):
            found = F.conv2d(padded[:, :, i:, j:], phases[i, j])
            found = found[:, :, :3, :6]
            torch.testing.assert_close(found, expected[:, :, i::2, j::2])


@pytest.mark.parametrize('size', [(1, 1), (3, 6), (5, 2)])
@pytest.mark.parametrize('has_bias', [True, False])
def test_values_and_gradients_are_those_of_the_two_steps(size, has_bias):
    x = torch.randn(2, 4, *size, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(5, 4, 3, 3, dtype=torch.float64, requires_grad=True)
    bias = torch.randn(5, dtype=torch.float64, requires_grad=True)
    given = (x, weight, bias) if has_bias else (x, weight, None)
    found, expected = nearest_conv(*given), enlarged_conv(*given)
    torch.testing.assert_close(found, expected)
    side = torch.randn_like(expected)
    leaves = [each for each in given if each is not None]
    torch.testing.assert_close(
        torch.autograd.grad((found * side).sum(), leaves),
        torch.autograd.grad((expected * side).sum(), leaves),
    )


def test_kernels_are_added_up_in_full_precision_under_autocast():
    x, weight = torch.randn(1, 4, 6, 6), torch.randn(8, 4, 3, 3)
    with torch.autocast('cpu', torch.bfloat16):
        found = nearest_conv(x, weight, None)
    kernels = phase_kernels(weight).bfloat16()
    y = F.conv2d(x.bfloat16(), kernels, padding=1)
    torch.testing.assert_close(found[:, :, ::2, ::2], y[:, :8, :6, :6])


def test_an_up_block_folds_in_training_alone():
    block = UpBlock(4, 8, num_groups=2)
    x = torch.randn(1, 4, 5, 7)
    with torch.no_grad():
        exact = block.upsampled_conv(x)
        assert torch.equal(exact, block.conv(block.up(x)))
    seen = []
    block.up.register_forward_hook(lambda *_: seen.append('enlarged'))
    folded = block.upsampled_conv(x)
    assert not seen
    torch.testing.assert_close(folded, exact)
    block.folds = False
    block.upsampled_conv(x)
    assert seen
