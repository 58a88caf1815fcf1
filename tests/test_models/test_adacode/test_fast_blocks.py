import torch

from adacode_mm.models.adacode.fast.fast_blocks import FastUpBlock
from adacode_mm.models.adacode.fast.window_order import (
    kind_masks,
    window_order,
)
from adacode_mm.models.layers.scale_blocks import UpBlock


@torch.no_grad()
def test_one_pixel_is_enlarged():
    block = UpBlock(4, 8, 2)
    x = torch.randn(2, 4, 1, 1)
    found = FastUpBlock(block).upsampled_conv(x)
    torch.testing.assert_close(found, block.upsampled_conv(x))
    assert found.shape == (2, 8, 2, 2)


def test_windows_of_one_kind_are_behind_each_other():
    order, inverse, kinds = window_order(2, 4, 6, 2, 1, 'cpu')
    assert kinds == [(0, 4), (1, 2), (2, 4), (3, 2)]
    assert torch.equal(order[inverse], torch.arange(48))
    windows = order.view(-1, 4)
    # The first window inside, rolled by one; the last corner of the second
    # image: its four pixels come from the four corners.
    assert windows[0].tolist() == [7, 8, 13, 14]
    assert windows[-1].tolist() == [24 + 23, 24 + 18, 24 + 5, 24 + 0]


def test_without_shift_all_windows_are_of_one_kind():
    order, _, kinds = window_order(1, 4, 4, 2, 0, 'cpu')
    assert kinds == [(0, 4)]
    assert order[:4].tolist() == [0, 1, 4, 5]


def test_masks_keep_the_ends_of_the_image_apart():
    inside, right, lower, corner = kind_masks(2, 1)
    assert not inside.any()
    # Pixels of a window: upper left, upper right, lower left, lower right.
    assert right[0].tolist() == [0, -100, 0, -100]
    assert lower[0].tolist() == [0, 0, -100, -100]
    assert corner[0].tolist() == [0, -100, -100, -100]
