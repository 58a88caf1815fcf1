import io
import os

import numpy as np
import pytest
from PIL import Image, ImageCms

from adacode_mm.core.exceptions import InputError, OutputError
from adacode_mm.images.picture import Picture
from adacode_mm.images.read_picture import read_picture
from adacode_mm.images.write_picture import encode_picture, write_picture

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile('sRGB')).tobytes()


def swapped_profile():
    """A profile in which red is blue: converting it exchanges channels."""
    return (
        SRGB.replace(b'rXYZ', b'????')
        .replace(b'bXYZ', b'rXYZ')
        .replace(b'????', b'bXYZ')
    )


def picture(gray=False, alpha=False, bits=8, profile=None, size=(11, 17)):
    """Every value of a file can be told from its neighbours."""
    rng = np.random.default_rng(5)
    top = 2**bits - 1
    planes = rng.integers(0, top + 1, (*size, 4)) / np.float32(top)
    planes = planes.astype(np.float32)
    pixels = planes[..., [0, 0, 0]] if gray else planes[..., :3]
    opacity = planes[..., 3] if alpha else None
    return Picture(pixels, opacity, bits, gray, profile, [])


@pytest.mark.parametrize('profile', [None, SRGB], ids=['plain', 'profile'])
@pytest.mark.parametrize('bits', [8, 16])
@pytest.mark.parametrize('alpha', [False, True], ids=['opaque', 'alpha'])
@pytest.mark.parametrize('gray', [False, True], ids=['rgb', 'gray'])
@pytest.mark.parametrize('suffix', ['png', 'tif'])
def test_nothing_is_lost(suffix, gray, alpha, bits, profile, tmp_path):
    given = picture(gray, alpha, bits, profile)
    path = tmp_path / f'a.{suffix}'
    assert write_picture(path, given) == []
    found = read_picture(path)
    np.testing.assert_array_equal(found.pixels, given.pixels)
    assert found.pixels.dtype == np.float32
    if alpha:
        np.testing.assert_array_equal(found.alpha, given.alpha)
    else:
        assert found.alpha is None
    assert found.gray == gray
    assert (found.bits, found.icc_profile) == (bits, profile)
    assert found.notes == []


def test_pillow_finds_the_profile_in_a_png_of_16_bits(tmp_path):
    content, _ = encode_picture(picture(bits=16, profile=SRGB), 'png')
    with Image.open(io.BytesIO(content)) as image:
        image.verify()  # the check sums of all chunks
    assert image.info['icc_profile'] == SRGB


@pytest.mark.parametrize('suffix', ['jpg', 'jpeg', 'webp', 'bmp'])
@pytest.mark.parametrize('gray', [False, True])
def test_formats_of_8_bits(suffix, gray, tmp_path):
    ramp = np.linspace(0, 1, 64, dtype=np.float32)
    pixels = np.stack([np.add.outer(ramp, ramp) / 2] * 3, -1)
    if not gray:
        pixels[..., 1] = 1 - pixels[..., 1]
    given = Picture(pixels, None, 8, gray, None, [])
    path = tmp_path / f'a.{suffix}'
    assert write_picture(path, given) == []
    found = read_picture(path)
    assert np.abs(found.pixels - pixels).max() < 0.04
    assert found.gray == (gray and suffix != 'webp')
    limit = {'bmp': 0.002}.get(suffix, 0.01)
    assert np.abs(found.pixels - pixels).mean() < limit


@pytest.mark.parametrize('suffix', ['jpg', 'webp'])
def test_quality_and_profile_reach_the_file(suffix):
    photo = picture(profile=SRGB, size=(64, 64))
    fine, _ = encode_picture(photo, suffix, 95)
    coarse, _ = encode_picture(photo, suffix, 20)
    assert len(coarse) < 0.6 * len(fine)
    with Image.open(io.BytesIO(fine)) as image:
        assert image.info['icc_profile'] == SRGB


def test_the_named_format_comes_before_the_suffix(tmp_path):
    path = tmp_path / 'a.dat'
    write_picture(path, picture(), format='webp')
    with Image.open(path) as image:
        assert image.format == 'WEBP'


def test_values_are_clipped_and_rounded_half_to_even():
    halves = np.arange(255) + 0.5
    values = (halves / 255).astype(np.float32)
    exact = values * np.float32(255) == halves
    assert exact.sum() > 100, 'halves to test'
    row = np.concatenate([values[exact], np.float32([-0.5, 1.7])])
    pixels = np.repeat(row[None, :, None], 3, -1)
    content, _ = encode_picture(Picture(pixels), 'png')
    found = np.asarray(Image.open(io.BytesIO(content)))[0, :, 0]
    expected = [2 * round(half / 2) for half in halves[exact]]
    assert found.tolist() == [*expected, 0, 255]


@pytest.mark.parametrize('suffix', ['jpg', 'bmp'])
def test_what_is_transparent_becomes_white_and_is_named(suffix):
    pixels = np.zeros((8, 24, 3), np.float32)
    alpha = np.repeat(np.float32([1, 0.5, 0]), 8)[None].repeat(8, 0)
    content, notes = encode_picture(Picture(pixels, alpha), suffix)
    found = np.asarray(Image.open(io.BytesIO(content)))
    columns = found[..., 0].reshape(8, 3, 8).mean((0, 2))
    np.testing.assert_allclose(columns, [0, 127.5, 255], atol=1)
    assert len(notes) == 1
    assert 'cannot be transparent: transparent parts are white' in notes[0]
    alpha[:] = 1
    assert encode_picture(Picture(pixels, alpha), suffix)[1] == []


@pytest.mark.parametrize('suffix', ['jpg', 'webp', 'bmp'])
def test_16_bits_become_8_and_are_named(suffix):
    _, notes = encode_picture(picture(bits=16), suffix)
    assert len(notes) == 1
    assert 'holds 8 bits: 16 bits were rounded' in notes[0]


def test_bmp_without_a_place_for_the_profile_is_converted():
    given = picture(profile=swapped_profile())
    content, notes = encode_picture(given, 'bmp')
    found = np.asarray(Image.open(io.BytesIO(content))) / 255
    assert notes == ['BMP holds no colour profile: converted to sRGB.']
    # Red and blue have changed places, but for colours outside of sRGB.
    grayish = given._replace(pixels=0.4 + 0.2 * given.pixels)
    content, _ = encode_picture(grayish, 'bmp')
    found = np.asarray(Image.open(io.BytesIO(content))) / 255
    assert np.abs(found - grayish.pixels[..., ::-1]).max() < 0.02
    _, notes = encode_picture(given._replace(icc_profile=b'broken'), 'bmp')
    assert notes == ['BMP holds no colour profile: it was dropped.']


@pytest.mark.parametrize('found', ['gif', 'exe', ''])
def test_other_formats_are_refused(found, tmp_path):
    message = f"must be one of png, jpg, .*, bmp, got '{found}'"
    with pytest.raises(InputError, match=message):
        write_picture(tmp_path / f'a.{found}', picture())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize('quality', [0, 101])
def test_quality_out_of_range(quality):
    with pytest.raises(InputError, match=f'1 to 100, got {quality}'):
        encode_picture(picture(), 'jpg', quality)


@pytest.mark.parametrize(
    ('suffix', 'limit'), [('webp', 16383), ('jpg', 65500)]
)
def test_what_is_too_long_for_a_format(suffix, limit):
    long = picture(size=(1, limit + 1))
    with pytest.raises(
        InputError, match=rf'{limit} pixels long.* {limit + 1}x1: choose PNG'
    ):
        encode_picture(long, suffix)
    encode_picture(picture(size=(1, limit)), suffix)


@pytest.mark.parametrize('value', [np.nan, np.inf])
def test_what_is_no_number_is_refused(value):
    given = picture()
    given.pixels[3, 4, 1] = value
    with pytest.raises(InputError, match='finite values, found NaN'):
        encode_picture(given)


def test_a_file_is_replaced_completely_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / 'a.png'
    path.write_bytes(b'old')

    def fail(*_):
        raise OSError(28, 'No space left on device')

    with monkeypatch.context() as patch:
        patch.setattr(os, 'replace', fail)
        with pytest.raises(OutputError, match=r'a\.png.*No space left'):
            write_picture(path, picture())
    assert path.read_bytes() == b'old'
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(OutputError, match=r'gone.*No such file'):
        write_picture(tmp_path / 'gone' / 'a.png', picture())
