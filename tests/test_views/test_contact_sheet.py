import numpy as np
import pytest

import adacode_mm  # noqa: F401
from adacode_mm.core.exceptions import InputError
from adacode_mm.views.contact_sheet import Tile, contact_sheet

RED, BLUE = (200, 0, 0), (0, 0, 200)
TOP = 8 + 18 + 8  # the title's rows
LEGEND = 14 + 8


def flat(color, height, width):
    return np.full((height, width, 3), color, np.uint8)


def box_of(sheet, color):
    """First and last row and column of a colour."""
    rows, columns = (sheet == color).all(-1).nonzero()
    return rows.min(), rows.max(), columns.min(), columns.max()


def test_places_by_hand():
    pictures = [flat((n, 77, 99), 10, 10) for n in range(5)]
    tiles = [Tile(picture, ['name']) for picture in pictures]
    sheet = contact_sheet(tiles, 'title', columns=3, size=50)
    step = 50 + 14 + 8
    assert sheet.shape == (TOP + 2 * step + 8, 8 + 3 * 58, 3)
    for n in range(5):
        y, x = TOP + n // 3 * step, 8 + n % 3 * 58
        assert box_of(sheet, (n, 77, 99)) == (y, y + 49, x, x + 49)
    captions = sheet[TOP + 50 : TOP + 64]
    for n in range(3):
        assert (captions[:, 8 + n * 58 : 58 + n * 58] < 100).any()
    assert (sheet[8:26, :60] < 100).any()  # the title
    assert (sheet[-8:] == 255).all()


def test_pictures_keep_their_shape_and_are_centred():
    wide = contact_sheet([Tile(flat(RED, 20, 80))], '', columns=1, size=40)
    assert box_of(wide, RED) == (TOP + 15, TOP + 24, 8, 47)
    high = contact_sheet([Tile(flat(RED, 80, 20))], '', columns=1, size=40)
    assert box_of(high, RED) == (TOP, TOP + 39, 8 + 15, 8 + 24)


def test_shrinking_averages_and_enlarging_repeats():
    board = np.indices((80, 80)).sum(0) % 2 * 200
    board = np.repeat(board[..., None], 3, 2).astype(np.uint8)
    small = contact_sheet([Tile(board)], '', columns=1, size=40)
    assert (small[TOP : TOP + 40, 8:48] == 100).all()
    large = contact_sheet([Tile(board[:2, :2])], '', columns=1, size=40)
    assert (large[TOP : TOP + 20, 8:28] == 0).all()
    assert (large[TOP : TOP + 20, 28:48] == 200).all()


def test_bars_show_the_shares():
    tiles = [
        Tile(flat((9, 9, 9), 10, 10), shares={'a': 0.25, 'b': 0.75}),
        Tile(flat((9, 9, 9), 10, 10), shares={'b': 0.5}),
        Tile(flat((9, 9, 9), 10, 10)),
    ]
    legend = {'a': RED, 'b': BLUE}
    sheet = contact_sheet(tiles, '', legend, columns=3, size=100)
    line = sheet[TOP + LEGEND + 100 + 4]
    assert (line[8:33] == RED).all() and (line[33:108] == BLUE).all()
    assert (line[116:166] == BLUE).all() and (line[166:] == 255).all()
    marks = sheet[TOP : TOP + 14]
    assert (marks == RED).all(-1).any() and (marks == BLUE).all(-1).any()


def test_long_names_are_shortened_and_long_titles_widen():
    tile = Tile(flat((9, 9, 9), 10, 10), ['a_long_name_of_a_patch_s001.png'])
    sheet = contact_sheet([tile], 'a', columns=1, size=80)
    assert sheet.shape[1] == 96
    assert (sheet[TOP + 80 :, 88:] == 255).all()  # nothing beyond the tile
    assert contact_sheet([tile], 'a' * 50, columns=1, size=80).shape[1] > 300


def test_there_may_be_none():
    sheet = contact_sheet([], 'portrait: 0 patches')
    assert sheet.shape == (TOP + 8, 8 * 168 + 8, 3)
    assert (sheet < 100).any()


def test_other_pictures_are_refused():
    for picture in (np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3))):
        with pytest.raises(InputError, match=r'uint8 of shape \(H, W, 3\)'):
            contact_sheet([Tile(picture)], '')
