import numpy as np
import pytest
import torch

from adacode_mm.models.traits import Codes
from adacode_mm.views.picture import to_picture
from adacode_mm.web.used_codes import (
    COLUMNS,
    SHOWN,
    SIDE,
    code_map,
    used_codes,
    used_codes_sheet,
)
from adacode_mm.web.weight_gallery import weight_gallery


def test_usage_of_a_codebook():
    indices = np.array([[5, 2, 5], [5, 2, 7]])
    usage = used_codes(indices, 9)
    assert usage.codes == [5, 2, 7]
    assert usage.shares == pytest.approx([1 / 2, 1 / 3, 1 / 6])
    assert usage.total == 9
    # exp(1/2 ln 2 + 1/3 ln 3 + 1/6 ln 6)
    assert usage.perplexity == pytest.approx(
        2**0.5 * 3 ** (1 / 3) * 6 ** (1 / 6)
    )
    assert used_codes(np.full((2, 2), 3), 4).perplexity == 1
    assert used_codes(np.arange(4)[None], 4).perplexity == pytest.approx(4)


def test_equally_frequent_codes_keep_their_order():
    assert used_codes(np.array([[3, 1, 2, 0]]), 4).codes == [0, 1, 2, 3]


def test_a_code_map_has_a_colour_for_each_code():
    picture = code_map(np.array([[0, 1], [1, 0]]), 300)
    assert picture.shape == (512, 512, 3)
    assert np.array_equal(picture[:256, :256], picture[256:, 256:])
    assert np.array_equal(picture[:256, 256:], picture[256:, :256])
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) == 2
    colors = code_map(np.arange(512)[None], 512)
    assert len(np.unique(colors.reshape(-1, 3), axis=0)) > 500


def test_the_sheet_shows_the_codes_used_most(shelf, model_files):
    codes = shelf.get(str(model_files['sr_x4'])).codes
    usages = [
        used_codes(np.array([[k, k, 9]]), size)
        for k, size in enumerate(codes.sizes)
    ]
    cpu = torch.device('cpu')
    sheet = used_codes_sheet(codes, cpu, usages, 'abcde')
    step = len(sheet) // len(usages)
    assert len(sheet) == step * len(usages)
    assert sheet.shape[1] >= COLUMNS * SIDE
    for k in range(len(usages)):
        with torch.no_grad():
            patch = codes.decode(torch.full((1, 4, 4), k), k)
        patch = to_picture(patch).repeat(2, 0).repeat(2, 1)  # 32 to 64
        part = sheet[k * step : (k + 1) * step]
        top = next(
            y
            for y in range(step - SIDE)
            if np.array_equal(part[y : y + SIDE, 8 : 8 + SIDE], patch)
        )
        assert top < 60  # below the title


def test_not_all_codes_are_decoded():
    asked = []

    def decode(maps, basis):
        asked.append(maps[:, 0, 0].tolist())
        return torch.zeros(len(maps), 3, 32, 32)

    codes = Codes((100,), (8,), 8, 8, decode, None)
    usages = [used_codes(np.arange(100)[None], 100)]
    used_codes_sheet(codes, torch.device('cpu'), usages, 'a')
    assert asked == [list(range(SHOWN))]


def test_weights_are_coloured_by_sign_on_one_scale():
    weight = np.array([[[1.0, -2.0]], [[0.0, 4.0]], [[-4.0, 1.0]]])
    items, limit = weight_gallery(weight)
    assert limit == 4
    assert [caption for _, caption in items] == [
        'codebook 0 (0 %)',
        'codebook 1 (50 %)',
        'codebook 2 (50 %)',
    ]
    pictures = [picture for picture, _ in items]
    assert pictures[0].shape == (256, 512, 3)
    red, _, blue = pictures[1][0, -1].astype(int)  # +4
    assert red > 90 and red > 3 * blue
    red, _, blue = pictures[2][0, 0].astype(int)  # -4
    assert blue > 90 and blue > 3 * red
    assert pictures[1][0, 0].min() > 240  # zero is white
    # a quarter of the scale is paler than all of it
    assert pictures[0][0, 0].sum() > pictures[1][0, -1].sum()


def test_weights_have_the_names_of_their_codebooks():
    weight = np.array([[[1.0, -2.0]], [[0.0, 4.0]]])
    items, _ = weight_gallery(weight, ('cats', 'dogs'))
    assert [caption for _, caption in items] == ['cats (50 %)', 'dogs (50 %)']


def test_weights_of_zero_are_white():
    items, limit = weight_gallery(np.zeros((2, 3, 3)))
    assert limit == 1
    assert all(picture.min() > 240 for picture, _ in items)
