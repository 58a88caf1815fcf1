from pathlib import Path

import cv2
import numpy as np
import pytest

import adacode_mm  # noqa: F401
from adacode_mm.core.exceptions import InputError
from adacode_mm.views.captioned import captioned
from adacode_mm.views.comparison import side_by_side

PHOTOS = Path(__file__).parents[1] / 'data' / 'photos'


def test_pictures_stand_below_their_labels():
    photo = cv2.imread(str(PHOTOS / 'astronaut_face_128.png'))[..., ::-1]
    low = photo[::4, ::4]
    row = side_by_side({'LR': low, 'restored': photo, 'GT': photo})
    assert row.shape == (20 + 128, 3 * 128 + 2 * 8, 3)
    enlarged = low.repeat(4, axis=0).repeat(4, axis=1)
    np.testing.assert_array_equal(row[20:, :128], enlarged)
    np.testing.assert_array_equal(row[20:, 136:264], photo)
    np.testing.assert_array_equal(row[20:, 272:], photo)
    assert (row[:, 128:136] == 255).all() and (row[:, 264:272] == 255).all()
    for left in (0, 136, 272):
        assert (row[:20, left : left + 128] < 100).any()


def test_a_long_label_widens_its_column():
    picture = np.zeros((10, 6, 3), np.uint8)
    column = captioned(picture, 'a label that is wider')
    assert column.shape[0] == 30 and column.shape[1] > 60
    np.testing.assert_array_equal(column[20:, :6], picture)
    assert (column[20:, 6:] == 255).all()
    right = np.flatnonzero((column[:20] < 128).any((0, 2))).max()
    assert right < column.shape[1]
    assert right > column.shape[1] - 8
    wide = side_by_side({'a label that is wider': picture, 'b': picture})
    np.testing.assert_array_equal(wide[:, : column.shape[1]], column)


def test_widths_follow_the_height():
    tall = np.zeros((90, 60, 3), np.uint8)
    low = np.full((30, 40, 3), 9, np.uint8)
    row = side_by_side({'': low, ' ': tall})
    assert row.shape[1] == 120 + 8 + 60
    assert (row[20:, :120] == 9).all()


def test_what_is_no_picture_is_named():
    with pytest.raises(InputError, match='at least one'):
        side_by_side({})
    with pytest.raises(InputError, match=r"'GT' must be uint8 .* float64"):
        side_by_side({'GT': np.zeros((4, 4, 3))})
