from pathlib import Path

import cv2
import numpy as np
import pytest

import adacode_mm  # noqa: F401
from adacode_mm.core.exceptions import InputError
from adacode_mm.views.comparison import side_by_side
from adacode_mm.views.degradation_sheet import degradation_sheet

PHOTOS = Path(__file__).parents[1] / 'data' / 'photos'


def test_each_image_stands_before_its_degraded_versions():
    photo = cv2.imread(str(PHOTOS / 'astronaut_face_128.png'))[..., ::-1]
    small = np.ascontiguousarray(photo[::4, ::4])
    sheet = degradation_sheet(
        {'face': [photo, small, small], 'half': [photo[:64], photo[:32, :32]]}
    )
    assert sheet.shape == (20 + 128 + 8 + 20 + 64, 3 * 128 + 2 * 8, 3)
    first = side_by_side({'face': photo, '1': small, '2': small})
    np.testing.assert_array_equal(sheet[:148], first)
    assert (sheet[148:156] == 255).all()
    second = side_by_side({'half': photo[:64], '1': photo[:32, :32]})
    np.testing.assert_array_equal(sheet[156:, : second.shape[1]], second)
    assert (sheet[156:, second.shape[1] :] == 255).all()


def test_degraded_versions_may_have_captions():
    photo = cv2.imread(str(PHOTOS / 'astronaut_face_128.png'))[..., ::-1]
    rows = {'face': [photo, photo, photo], 'again': [photo, photo]}
    sheet = degradation_sheet(rows, ['blurred', 'noisy', 'unused'])
    first = side_by_side({'face': photo, 'blurred': photo, 'noisy': photo})
    np.testing.assert_array_equal(sheet[:148], first)
    second = side_by_side({'again': photo, 'blurred': photo})
    np.testing.assert_array_equal(sheet[156:, : second.shape[1]], second)
    some = degradation_sheet({'face': [photo] * 3}, ['blurred'])
    expected = side_by_side({'face': photo, 'blurred': photo, '2': photo})
    np.testing.assert_array_equal(some, expected)


def test_an_empty_sheet_is_refused():
    with pytest.raises(InputError, match='got none'):
        degradation_sheet({})
