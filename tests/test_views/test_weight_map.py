import matplotlib as mpl
import numpy as np
import pytest
import torch

import adacode_mm  # noqa: F401
from adacode_mm.core.exceptions import InputError
from adacode_mm.views.weight_map import weight_maps_picture


def viridis(level):
    return list(mpl.colormaps['viridis'](level, bytes=True)[:3])


def test_released_picture_by_hand():
    # Mean 1, deviation sqrt((1 + 4 + 1 + 0) / 6) = 1.
    weight = torch.tensor([[[0.0, 3.0, 0.0]], [[1.0, 1.0, 1.0]]])
    deviation = (6 / 6) ** 0.5
    picture = weight_maps_picture(weight, scale=1)
    assert picture.shape == (1, 3 + 1 + 3, 3)
    half = int(255 * 0.5 / deviation)
    assert picture[0].tolist() == [
        viridis(half),  # |0 - 1| / 2
        viridis(255),  # |3 - 1| / 2
        viridis(half),
        [0, 0, 0],
        viridis(0),
        viridis(0),
        viridis(0),
    ]


def test_maps_are_enlarged_by_nearest_neighbour_and_cropped():
    torch.manual_seed(0)
    weight = torch.randn(1, 5, 3, 4)
    picture = weight_maps_picture(weight, scale=8, size=(20, 31))
    assert picture.shape == (20, 5 * 31 + 4, 3)
    gaps = picture[:, 31::32]
    assert gaps.shape[1] == 4 and not gaps.any()
    for k in range(5):
        block = picture[:, 32 * k : 32 * k + 31]
        for y in range(20):
            for x in range(31):
                same = block[y // 8 * 8, x // 8 * 8]
                assert (block[y, x] == same).all()


def test_statistics_span_what_is_shown():
    weight = torch.tensor([[[0.0, 2.0, 1000.0]]])
    cropped = weight_maps_picture(weight, scale=2, size=(2, 4))
    assert cropped[0].tolist() == [viridis(127)] * 4  # |x - 1| / 1 / 2
    whole = weight_maps_picture(weight, scale=2)
    assert whole[0, :4].tolist() != [viridis(127)] * 4


def test_equal_weights_are_shown_as_zero():
    picture = weight_maps_picture(torch.full((2, 2, 2), 0.3))
    assert picture[0, 0].tolist() == viridis(0)


def test_signed_picture_has_one_scale_and_a_bar():
    weight = torch.tensor([[[-0.5]], [[0.0]], [[2.0]]])
    picture = weight_maps_picture(weight, scale=200, style='signed')
    assert picture.shape == (20 + 200, 3 * 200 + 2 + 4 + 12, 3)
    body = picture[20:].astype(int)
    negative, zero, positive = body[9, 100], body[9, 301], body[9, 502]
    assert negative[2] - negative[0] > 20  # a little blue: a quarter of max
    assert zero.min() >= 245
    assert positive[0] - positive[2] > 60  # as red as it gets
    bar = body[:, -12:]
    np.testing.assert_array_equal(bar[0, 0], positive)
    assert bar[-1, 0, 2] - bar[-1, 0, 0] > 60
    assert bar[100, 0].min() >= 240
    assert (picture[:20] < 100).any()  # the caption


def test_bad_arguments_are_named():
    weight = torch.zeros(2, 3, 3)
    with pytest.raises(InputError, match=r"'released', 'signed'.*'jet'"):
        weight_maps_picture(weight, style='jet')
    with pytest.raises(InputError, match=r'24x24 pixels, got 25x8'):
        weight_maps_picture(weight, size=(25, 8))
    with pytest.raises(InputError, match=r'\(2, 1, 3, 3\)'):
        weight_maps_picture(weight[:, None])
