import numpy as np
import pytest
import torch

import adacode_mm  # noqa: F401
from adacode_mm.core.exceptions import InputError
from adacode_mm.views.picture import to_picture


def test_values_are_clipped_and_rounded_half_to_even():
    values = torch.tensor([-0.2, 0.0, 0.5 / 255, 1.5 / 255, 0.5, 1.0, 3.0])
    picture = to_picture(values.expand(3, 1, 7))
    assert picture.dtype == np.uint8
    assert picture[0, :, 0].tolist() == [0, 0, 0, 2, 128, 255, 255]


def test_channels_come_last():
    image = torch.zeros(1, 3, 2, 5)
    image[0, 0, 1, 4] = 1
    picture = to_picture(image.requires_grad_())
    assert picture.shape == (2, 5, 3)
    assert picture[1, 4].tolist() == [255, 0, 0]
    assert picture.sum() == 255


def test_a_batch_or_a_gray_image_is_refused():
    for shape in [(2, 3, 4, 4), (1, 4, 4), (4, 4)]:
        with pytest.raises(InputError, match='one RGB image'):
            to_picture(torch.zeros(shape))
