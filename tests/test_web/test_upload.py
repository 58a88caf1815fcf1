import numpy as np
import pytest
from PIL import Image, UnidentifiedImageError
from shrunk_configs import PHOTOS

from adacode_mm.core.exceptions import InputError
from adacode_mm.images.picture import Picture
from adacode_mm.images.write_picture import write_picture
from adacode_mm.web.server import prepare_gradio
from adacode_mm.web.upload import (
    check_result_size,
    look_at,
    painted_mask,
    room_for,
)


def test_facts_of_a_picture():
    upload, picture = look_at(PHOTOS / 'coffee_odd_131x97.png', 10**6)
    height, width = picture.pixels.shape[:2]
    assert (upload.width, upload.height) == (width, height)
    assert sorted((width, height)) == [97, 131]
    assert upload.stem == 'coffee_odd_131x97'
    assert upload.facts == f'{width} x {height} pixels'


def test_facts_of_deep_gray_and_transparent_pictures(tmp_path):
    pixels = np.full((5, 7, 3), 0.25, np.float32)
    alpha = np.linspace(0, 1, 35, dtype=np.float32).reshape(5, 7)
    path = tmp_path / 'deep.png'
    write_picture(path, Picture(pixels, None, 16, True, None, []))
    upload, _ = look_at(path, 100)
    assert upload.facts == '7 x 5 pixels, 16 bits, gray'
    write_picture(path, Picture(pixels, alpha, 8, False, None, []))
    upload, picture = look_at(path, 100)
    assert upload.facts == '7 x 5 pixels, with transparency'
    assert np.abs(picture.alpha - alpha).max() <= 0.5 / 255 + 1e-6


def test_too_many_pixels_are_told_by_the_header_alone(tmp_path):
    path = tmp_path / 'cut.png'
    Image.new('RGB', (300, 200)).save(path)
    path.write_bytes(path.read_bytes()[:60])  # its pixels cannot be read
    with pytest.raises(InputError, match='300 x 200 pixels, more than the 59'):
        look_at(path, 59_999)
    with pytest.raises(InputError) as error:
        look_at(path, 60_000)
    assert '300 x 200' not in str(error.value)


def test_what_fits_is_told_at_the_upload():
    upload, _ = look_at(PHOTOS / 'coffee_odd_131x97.png', 10**6)
    pixels = 131 * 97
    assert room_for(upload, [2, 4], 16 * pixels) == ''
    said = room_for(upload, [2, 4], 16 * pixels - 1)
    # 130 x 96 still fits.
    assert 'x4' in said and '130 x 96' in said and 'x2 fits' in said
    said = room_for(upload, [2, 4], pixels)
    assert '65 x 48' in said and '--max-pixels' in said
    assert pixels >= 65 * 48 * 4


def test_what_is_no_picture_is_said(tmp_path):
    path = tmp_path / 'text.png'
    path.write_text('hello')
    with pytest.raises(InputError, match='not an image'):
        look_at(path, 100)


def test_too_large_a_result_is_refused():
    upload, _ = look_at(PHOTOS / 'astronaut_256.png', 10**6)
    check_result_size(upload, 4, 1024 * 1024)
    with pytest.raises(InputError, match=r'1024 x 1024.*1\.05 million'):
        check_result_size(upload, 4, 1024 * 1024 - 1)


def layer(*places, size=(4, 6)):
    picture = np.zeros((*size, 4), np.uint8)
    for row, column, alpha in places:
        picture[row, column] = 200, 0, 0, alpha
    return picture


def test_all_that_is_painted_is_masked():
    editor = {'layers': [layer((0, 0, 255), (3, 5, 1)), layer((2, 1, 128))]}
    mask = painted_mask(editor, 6, 4)
    assert mask.dtype == bool
    assert np.argwhere(mask).tolist() == [[0, 0], [2, 1], [3, 5]]


def test_a_mask_painted_on_a_smaller_picture_is_enlarged():
    mask = painted_mask({'layers': [layer((1, 2, 255))]}, 12, 8)
    expected = np.zeros((8, 12), bool)
    expected[2:4, 4:6] = True
    assert np.array_equal(mask, expected)


@pytest.mark.parametrize(
    'editor', [None, {'layers': None}, {'layers': [layer()]}]
)
def test_a_mask_without_paint_is_refused(editor):
    with pytest.raises(InputError, match='nothing is painted'):
        painted_mask(editor, 6, 4)


def test_no_upload_starts_a_program(tmp_path, monkeypatch):
    """Neither our reader nor Pillow, with which Gradio opens uploads."""
    monkeypatch.setattr(Image, 'ID', [*Image.ID])
    monkeypatch.setenv('GRADIO_TEMP_DIR', '')
    prepare_gradio(str(tmp_path))
    path = PHOTOS.parent / 'cases' / 'eps.png'
    with pytest.raises(UnidentifiedImageError):
        Image.open(path)
    with pytest.raises(InputError):
        look_at(path, 10**6)
