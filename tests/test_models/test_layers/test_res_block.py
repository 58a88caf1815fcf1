import pytest
import torch
import torch.nn.functional as F

from adacode_mm.core.exceptions import ConfigError
from adacode_mm.models.layers.res_block import ResBlock, group_norm


def test_group_norm_by_hand():
    # two groups of two channels, one pixel: (1, 3) and (0, 0)
    x = torch.tensor([1.0, 3.0, 0.0, 0.0]).view(1, 4, 1, 1)
    norm = group_norm(4, 2)
    with torch.no_grad():
        norm.weight.copy_(torch.tensor([1.0, 2.0, 1.0, 1.0]))
        norm.bias.copy_(torch.tensor([0.0, 0.0, 0.0, 5.0]))
    expected = torch.tensor([-1.0, 2.0, 0.0, 5.0]).view(1, 4, 1, 1)
    torch.testing.assert_close(norm(x), expected, rtol=1e-5, atol=1e-5)


def test_group_norm_has_the_released_epsilon():
    """Seen where the variance is as small as the epsilon."""
    x = torch.tensor([1e-3, -1e-3]).view(1, 2, 1, 1)
    found = group_norm(2, 1)(x).abs()
    expected = torch.full_like(x, 1e-3 / (1e-6 + 1e-6) ** 0.5)
    torch.testing.assert_close(found, expected)


def test_groups_that_do_not_divide_the_channels():
    with pytest.raises(ConfigError, match=r'got 48 channels .*num_groups=32'):
        ResBlock(48)


def test_block_is_norm_activation_convolution_twice_plus_identity():
    torch.manual_seed(0)
    block = ResBlock(8, num_groups=4)
    x = torch.randn(2, 8, 5, 6)
    y = x
    for norm, conv in (
        (block.norm1, block.conv1),
        (block.norm2, block.conv2),
    ):
        y = F.group_norm(y, 4, norm.weight, norm.bias, 1e-6)
        y = F.conv2d(y * y.sigmoid(), conv.weight, conv.bias, padding=1)
    torch.testing.assert_close(block(x), x + y)
    with torch.no_grad():
        block.conv2.weight.zero_()
        block.conv2.bias.zero_()
    assert torch.equal(block(x), x)


def test_other_output_channels_make_the_identity_a_convolution():
    torch.manual_seed(0)
    block = ResBlock(8, num_groups=4, out_channels=12)
    x = torch.randn(2, 8, 5, 6)
    with torch.no_grad():
        block.conv2.weight.zero_()
        block.conv2.bias.zero_()
    weight = block.shortcut.weight[:, :, 0, 0]
    expected = torch.einsum('oc,bchw->bohw', weight, x)
    expected = expected + block.shortcut.bias[:, None, None]
    torch.testing.assert_close(block(x), expected)
