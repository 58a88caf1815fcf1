import matplotlib as mpl
import numpy as np
import pytest
import torch

import adacode_mm  # noqa: F401
from adacode_mm.core.exceptions import InputError
from adacode_mm.views.codebook_names import PAPER_BASES, codebook_names
from adacode_mm.views.weight_sheet import (
    leading_codebook,
    leading_sheet,
    weight_sheet,
)

TOP = 8 + 18 + 8 + 14 + 8  # title and legend
WEIGHT = torch.tensor([[[1.0, -0.5]], [[-2.0, 0.0]]])
IMAGE = np.full((8, 16, 3), 100, np.uint8)


def color(level):
    return list(mpl.colormaps['RdBu_r'](level, bytes=True)[:3])


def test_maps_have_one_scale_about_zero():
    sheet = weight_sheet(IMAGE, WEIGHT, ('cats', 'dogs'))
    assert sheet.shape[1] == 8 + 3 * (320 + 8)
    middle = TOP + 80  # 8x16 pixels are enlarged to 160x320
    # image, then the maps: each weight is 160 pixels wide.
    columns = {
        8 + 80: [100] * 3,
        8 + 328 + 80: color(round((1 / 2 + 1) / 2 * 255)),
        8 + 328 + 240: color(round((-0.5 / 2 + 1) / 2 * 255)),
        8 + 656 + 80: color(0),  # -2, the largest of all
        8 + 656 + 240: color(128),  # zero
    }
    for column, expected in columns.items():
        assert sheet[middle, column].tolist() == expected
    blue, white, red = color(0), color(128), color(255)
    assert blue[2] > blue[0] and red[0] > red[2] and min(white) > 240
    assert (sheet[middle, 8 + 328 + 159 : 8 + 328 + 161, 0]).std() > 0


def test_a_wide_image_has_its_captions_right_below():
    sheet = weight_sheet(IMAGE, WEIGHT)
    assert len(sheet) == TOP + 160 + 8 + 2 * 14 + 8 + 8
    high = weight_sheet(IMAGE.transpose(1, 0, 2), WEIGHT.transpose(1, 2))
    assert len(high) == len(sheet) + 160


def test_the_larger_absolute_value_leads():
    assert leading_codebook(WEIGHT).tolist() == [[1, 0]]
    weight = torch.tensor([[[0.5]], [[0.5]], [[-0.4]]])
    assert leading_codebook(weight).tolist() == [[0]]


def test_colours_of_the_leading_codebook():
    sheet = leading_sheet(IMAGE, WEIGHT, ('cats', 'dogs'))
    # Half the colour of the palette, half the grey of the image.
    place = TOP + 120
    second, first = [86, 180, 233], [230, 159, 0]
    for column, tint in ((496 + 120, second), (496 + 360, first)):
        mixed = [round(value / 2 + 50) for value in tint]
        assert abs(sheet[place, column].astype(int) - mixed).max() <= 1
    bar = sheet[TOP + 240 + 4]
    assert (bar[496 : 496 + 240] == first).all()
    assert (bar[496 + 240 : 496 + 480] == second).all()


def test_many_codebooks_have_distinct_colours():
    weight = torch.eye(12).view(12, 1, 12)
    image = np.zeros((8, 96, 3), np.uint8)
    sheet = leading_sheet(image, weight)
    row = sheet[TOP + 8 + 14, 496 + 20 : 496 + 480 : 40]
    assert len({tuple(pixel) for pixel in row}) == 12


def test_latent_pixels_keep_their_place_in_a_cropped_image():
    weight = torch.tensor([[[1.0, -1.0, 1.0]], [[0.0, 0.0, 0.0]]])
    image = np.full((8, 20, 3), 100, np.uint8)  # the third one is cut
    sheet = weight_sheet(image, weight)
    row = sheet[TOP + 60, 8 + 328 : 8 + 328 + 320, 2].astype(int)
    changes = np.abs(np.diff(row)).nonzero()[0] + 1
    assert changes.tolist() == [128, 256]  # 8 and 16 of 20 pixels
    with pytest.raises(InputError, match='covers the image of 20x9 pixels'):
        weight_sheet(np.zeros((9, 20, 3), np.uint8), weight)


def test_names():
    assert codebook_names(5) == PAPER_BASES
    assert codebook_names(2) == ('codebook 0', 'codebook 1')
    assert codebook_names(2, ['a', 'b']) == ('a', 'b')
    with pytest.raises(InputError, match=r'Expected 5 names, .* got 2: a, b'):
        codebook_names(5, ['a', 'b'])


def test_batches_are_refused():
    for call in (weight_sheet, leading_sheet):
        with pytest.raises(InputError, match='pass one image of the batch'):
            call(IMAGE, WEIGHT[None])
