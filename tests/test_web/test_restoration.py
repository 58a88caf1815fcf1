import numpy as np
import pytest
from shrunk_configs import PHOTOS

from adacode_mm.images.picture import Picture
from adacode_mm.images.read_picture import read_picture
from adacode_mm.images.write_picture import write_picture
from adacode_mm.web.restoration import (
    SHOWN_SIDE,
    insight,
    restore_to_files,
    shown,
)


@pytest.fixture(scope='module')
def sr(shelf, model_files):
    return shelf.get(str(model_files['sr_x4']))


def silent(done, message):
    pass


def test_files_of_a_restoration(sr, tmp_path):
    picture = read_picture(PHOTOS / 'coffee_odd_131x97.png')
    told = []
    restored, inspection = restore_to_files(
        sr, picture, None, 'coffee', tmp_path, lambda *args: told.append(args)
    )
    expected = sr(PHOTOS / 'coffee_odd_131x97.png')
    height, width = expected.shape[:2]
    assert restored.file == tmp_path / 'coffee_x4.png'
    for path in (restored.file, restored.after):
        pixels = np.rint(read_picture(path).pixels * 255)
        assert np.array_equal(pixels, expected)
    before = read_picture(restored.before)
    assert before.pixels.shape == expected.shape
    # The upload, only larger: averages of 4 x 4 pixels are nearly its own.
    small = before.pixels.reshape(height // 4, 4, width // 4, 4, 3)
    assert np.abs(small.mean((1, 3)) - picture.pixels).mean() < 0.02
    assert restored.summary.startswith(f'{width} x {height} pixels in ')
    assert ' on cpu' in restored.summary
    assert told[-1] == (1.0, 'Writing the result')
    assert np.array_equal(np.rint(inspection.image * 255), expected)


def test_16_bits_and_transparency_stay(sr, tmp_path):
    picture = read_picture(PHOTOS / 'coffee_cup_128.png')
    pixels = picture.pixels[:32, :32]
    alpha = np.linspace(0, 1, 32, dtype=np.float32)[None].repeat(32, 0)
    deep = Picture(pixels, alpha, 16, False, None, ['A note.'])
    restored, _ = restore_to_files(sr, deep, None, 'deep', tmp_path, silent)
    result = read_picture(restored.file)
    expected = sr.restore_picture(deep)
    assert result.bits == 16
    assert np.abs(result.pixels - expected.pixels).max() <= 0.5 / 65535 + 1e-6
    assert np.abs(result.alpha - expected.alpha).max() <= 0.5 / 65535 + 1e-6
    assert '16 bits, with transparency' in restored.summary
    assert 'A note.' in restored.summary
    on_white = read_picture(restored.after)
    assert on_white.bits == 8 and on_white.alpha is None
    assert on_white.pixels[:, :3].min() > 0.9


def test_insight_shows_what_was_inspected(sr, tmp_path):
    picture = read_picture(PHOTOS / 'coffee_cup_128.png')
    _, inspection = restore_to_files(
        sr, picture, None, 'coffee', tmp_path, silent
    )
    seen = insight(sr, inspection)
    count = len(sr.net.quantizers)
    assert len(seen.weights) == len(seen.maps) == count > 1
    assert seen.weight_limit == pytest.approx(np.abs(inspection.weight).max())
    rows = seen.usage.splitlines()[2:]
    for k, row in enumerate(rows):
        used = len(np.unique(inspection.indices[k]))
        total = sr.net.quantizers[k].num_embeddings
        name = ('architecture', 'indoor', 'nature', 'street', 'portrait')[k]
        assert row.startswith(f'| {name} | {used} of {total} | ')
        assert seen.maps[k][1] == name
        assert seen.weights[k][0].shape == seen.maps[k][0].shape


def test_a_result_larger_than_a_screen_is_shown_smaller():
    pixels = np.zeros((2, 2 * SHOWN_SIDE, 3), np.float32)
    pixels[:, ::2] = 1
    picture = Picture(pixels, None, 8, False, None, [])
    small = shown(picture, (SHOWN_SIDE, 1))
    assert small.pixels.shape == (1, SHOWN_SIDE, 3)
    assert np.allclose(small.pixels, 0.5)  # averaged, not every other one


def test_gray_files_can_be_shown(tmp_path):
    picture = read_picture(PHOTOS / 'camera_gray_128.png')
    path = tmp_path / 'shown.png'
    write_picture(path, shown(picture, (128, 128)))
    assert np.array_equal(read_picture(path).pixels, picture.pixels)
