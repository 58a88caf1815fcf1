import numpy as np
import pytest
import torch

import adacode_mm  # noqa: F401
from adacode_mm.core.exceptions import InputError
from adacode_mm.views.codebook_sheet import codebook_sheet


def test_every_code_has_its_place():
    levels = torch.arange(7) / 7
    patches = levels.view(7, 1, 1, 1).expand(7, 3, 4, 4)
    sheet = codebook_sheet(patches, columns=3, padding=2)
    assert sheet.shape == (3 * 6 + 2, 3 * 6 + 2, 3)
    covered = np.zeros(sheet.shape, bool)
    for n in range(7):
        y, x = 2 + n // 3 * 6, 2 + n % 3 * 6
        assert (sheet[y : y + 4, x : x + 4] == round(n / 7 * 255)).all()
        covered[y : y + 4, x : x + 4] = True
    assert not sheet[~covered].any()


def test_a_single_code_is_framed_like_the_others():
    sheet = codebook_sheet(torch.ones(1, 3, 4, 4), padding=2)
    expected = np.zeros((8, 8, 3), np.uint8)
    expected[2:6, 2:6] = 255
    np.testing.assert_array_equal(sheet, expected)


def test_values_are_clipped():
    patches = torch.tensor([-1.0, 2.0]).view(2, 1, 1, 1).expand(2, 3, 1, 1)
    sheet = codebook_sheet(patches, padding=0)
    assert sheet[0, :, 0].tolist() == [0, 255]


def test_other_shapes_are_refused():
    for shape in [(3, 4, 4), (0, 3, 4, 4), (2, 1, 4, 4)]:
        with pytest.raises(InputError, match='patches'):
            codebook_sheet(torch.zeros(shape))
