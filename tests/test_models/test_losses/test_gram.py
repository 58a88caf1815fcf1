import pytest
import torch

from adacode_mm.models.losses.gram import gram_distance

# Gram matrices [[5, 2], [2, 1]] / 2 and [[1, 0], [0, 1]] / 2: the squares of
# their difference are 4, 1, 1, 0.
X = [[[[1.0, 2.0]], [[0.0, 1.0]]]]
Y = [[[[1.0, 0.0]], [[0.0, 1.0]]]]


def test_value_by_hand(feature):
    assert gram_distance(feature(X), feature(Y)).item() == pytest.approx(1.5)


def test_divided_by_pixels_not_by_channels(feature):
    x, y = feature(X), feature(Y)
    tiled = gram_distance(x.repeat(1, 1, 3, 2), y.repeat(1, 1, 3, 2))
    assert tiled.item() == pytest.approx(1.5)
    # Doubled channels repeat the Gram matrix 2x2: the mean stays as it is.
    doubled = gram_distance(x.repeat(1, 2, 1, 1), y.repeat(1, 2, 1, 1))
    assert doubled.item() == pytest.approx(1.5)


def test_order_of_pixels_does_not_matter_and_images_do_not_mix(feature):
    x = feature(X)
    assert gram_distance(x, x.flip(3)).item() == 0
    two = torch.cat([x, feature(Y)])
    # The mean Gram matrices of the two batches are equal, the images not.
    assert gram_distance(two, two.flip(0)).item() == pytest.approx(1.5)


def test_half_precision_does_not_overflow():
    x = torch.full((1, 2, 128, 128), 4.0, dtype=torch.float16)
    assert gram_distance(x, x / 2).item() == pytest.approx((16 - 4) ** 2)


def test_released_value(released):
    inputs, values = released
    value = gram_distance(inputs['unit_x'], inputs['unit_y']).item()
    assert value == pytest.approx(values['unit_gram'], rel=1e-6)
