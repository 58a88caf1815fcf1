import numpy as np
import pytest
import torch
from cropped_photo import photo

import adacode_mm  # noqa: F401  # isort: skip  # adapts MMagic: comes first
from mmagic.datasets.transforms import MATLABLikeResize

from adacode_mm.models.layers.bicubic_upscale import BicubicUpscale


def as_tensor(array):
    return torch.from_numpy(array).permute(2, 0, 1)[None].float()


@pytest.mark.parametrize('scale', [2, 3, 4])
def test_interior_is_that_of_the_benchmarks(scale):
    small = np.asarray(photo()) / 255
    height, width = small.shape[:2]
    resize = MATLABLikeResize(
        keys=['img'], output_shape=(scale * height, scale * width)
    )
    expected = as_tensor(resize.transform({'img': small})['img'])
    found = BicubicUpscale(scale)(as_tensor(small))
    # Two input pixels: MATLAB mirrors the border, this repeats it.
    inside = (..., *(slice(2 * scale, -2 * scale),) * 2)
    torch.testing.assert_close(
        found[inside], expected[inside], rtol=0, atol=3e-6
    )


def test_a_plain_area_stays_plain_up_to_its_border():
    image = torch.full((1, 3, 5, 4), 0.3)
    enlarged = BicubicUpscale(4)(image)
    torch.testing.assert_close(enlarged, torch.full((1, 3, 20, 16), 0.3))


def test_scale_1_is_the_image():
    image = torch.rand(1, 3, 4, 4)
    assert torch.equal(BicubicUpscale(1)(image), image)
