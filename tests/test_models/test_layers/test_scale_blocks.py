import pytest
import torch

from adacode_mm.models.layers.scale_blocks import DownBlock, UpBlock


def silence(block):
    """Leave only the first convolution of a block."""
    with torch.no_grad():
        for res in (block.res1, block.res2):
            res.conv2.weight.zero_()
            res.conv2.bias.zero_()
        block.conv.bias.zero_()
        block.conv.weight.zero_()
    return block


@pytest.fixture
def picture():
    return torch.arange(20.0).view(1, 1, 4, 5)


def test_down_block_takes_every_second_pixel(picture):
    block = silence(DownBlock(1, 4, num_groups=1))
    with torch.no_grad():
        block.conv.weight[:, 0, 1, 1] = 1.0  # the centre of the kernel
    expected = picture[:, :, ::2, ::2].expand(1, 4, 2, 3)
    assert torch.equal(block(picture), expected)


def test_up_block_repeats_every_pixel(picture):
    block = silence(UpBlock(1, 4, num_groups=1))
    with torch.no_grad():
        block.conv.weight[:, 0, 1, 1] = 1.0
    found = block(picture)
    for dy in (0, 1):
        for dx in (0, 1):
            expected = picture.expand(1, 4, 4, 5)
            assert torch.equal(found[:, :, dy::2, dx::2], expected)


@pytest.mark.parametrize('cls', [DownBlock, UpBlock])
def test_both_residual_blocks_take_part_in_order(cls):
    torch.manual_seed(0)
    block = cls(4, 8, num_groups=2)
    x = torch.randn(1, 4, 6, 6)
    y = block.conv(block.up(x) if cls is UpBlock else x)
    torch.testing.assert_close(block(x), block.res2(block.res1(y)))
    assert not torch.allclose(block(x), block.res1(block.res2(y)))
