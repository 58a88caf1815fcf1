import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms

import adacode_mm  # noqa: F401
from adacode_mm.core.exceptions import InputError
from adacode_mm.data.preparation.read_image import decode_image, read_image
from adacode_mm.images import damage as module

PHOTOS = Path(__file__).parents[2] / 'data' / 'photos'


@pytest.fixture
def photo():
    """A photograph of uneven sides, as RGB."""
    bgr = cv2.imread(str(PHOTOS / 'coffee_odd_131x97.png'))
    return cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)


def file_of(image, suffix, **options):
    """Content of an image file as Pillow writes it."""
    file = io.BytesIO()
    image.save(file, suffix, **options)
    return file.getvalue()


def opencv_file_of(array, suffix='.png'):
    return cv2.imencode(suffix, array)[1].tobytes()


@pytest.mark.parametrize('suffix', ['png', 'bmp', 'tiff', 'ppm'])
def test_lossless_files_keep_every_pixel(photo, suffix, tmp_path):
    path = tmp_path / f'photo.{suffix}'
    Image.fromarray(photo).save(path)
    image, notes = read_image(path)
    np.testing.assert_array_equal(image, photo)
    assert notes == []


def test_webp_without_loss(photo):
    content = file_of(Image.fromarray(photo), 'webp', lossless=True)
    np.testing.assert_array_equal(decode_image(content)[0], photo)


def test_jpeg_is_what_pillow_decodes(photo):
    content = file_of(Image.fromarray(photo), 'jpeg', quality=90)
    image, notes = decode_image(content)
    expected = np.asarray(Image.open(io.BytesIO(content)))
    np.testing.assert_array_equal(image, expected)
    assert notes == []


@pytest.mark.parametrize('suffix', ['.png', '.tiff'])
def test_16_bits_are_scaled_and_rounded(suffix):
    every = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    bgr = np.stack([every, every[::-1], every.T], axis=-1)
    image, _ = decode_image(opencv_file_of(bgr, suffix))
    expected = np.round(bgr[..., ::-1] / 257).astype(np.uint8)
    np.testing.assert_array_equal(image, expected)


def test_grey_of_8_and_of_16_bits_becomes_three_equal_channels(photo):
    grey = photo[..., 1]
    for array in (grey, grey.astype(np.uint16) * 257):
        image, _ = decode_image(opencv_file_of(array))
        np.testing.assert_array_equal(image, np.stack([grey] * 3, axis=-1))


def test_opaque_alpha_is_dropped_silently(photo):
    rgba = np.dstack([photo, np.full(photo.shape[:2], 255, np.uint8)])
    image, notes = decode_image(file_of(Image.fromarray(rgba), 'png'))
    np.testing.assert_array_equal(image, photo)
    assert notes == []


@pytest.mark.parametrize('dtype', [np.uint8, np.uint16])
def test_transparency_is_dropped_and_named(photo, dtype):
    bgra = np.dstack([photo[..., ::-1], photo[..., 1]]).astype(dtype)
    if dtype == np.uint16:
        bgra *= 257
    image, notes = decode_image(opencv_file_of(bgra))
    np.testing.assert_array_equal(image, photo)
    assert notes == ['transparency was dropped.']


def test_palette_and_animation(photo):
    first = Image.fromarray(photo).quantize(64)
    second = Image.fromarray(255 - photo).quantize(64)
    expected = np.asarray(first.convert('RGB'))
    image, notes = decode_image(file_of(first, 'png'))
    np.testing.assert_array_equal(image, expected)
    assert notes == []
    gif = file_of(first, 'gif', save_all=True, append_images=[second])
    image, notes = decode_image(gif)
    np.testing.assert_array_equal(image, expected)
    assert notes == ['the first of 2 pictures.']


@pytest.mark.parametrize('orientation', range(1, 9))
def test_the_orientation_of_exif_is_applied(photo, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = file_of(Image.fromarray(photo), 'png', exif=exif)
    upright = {
        1: photo,
        2: photo[:, ::-1],
        3: photo[::-1, ::-1],
        4: photo[::-1],
        5: photo.swapaxes(0, 1),
        6: photo[::-1].swapaxes(0, 1),
        7: photo[::-1, ::-1].swapaxes(0, 1),
        8: photo[:, ::-1].swapaxes(0, 1),
    }
    image, _ = decode_image(content)
    np.testing.assert_array_equal(image, upright[orientation])


@pytest.mark.parametrize('orientation', [1, 3, 6])
def test_16_bits_stand_upright_like_8(photo, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    shallow = file_of(Image.fromarray(photo[..., 0]), 'tiff', exif=exif)
    deep = Image.fromarray(photo[..., 0].astype(np.uint16) * 257)
    deep = file_of(deep, 'tiff', exif=exif)
    np.testing.assert_array_equal(
        decode_image(deep)[0], decode_image(shallow)[0]
    )


def test_cmyk_without_a_profile(photo):
    cmyk = Image.fromarray(photo).convert('CMYK')
    image, notes = decode_image(file_of(cmyk, 'jpeg', quality=95))
    difference = np.abs(image.astype(int) - photo)
    assert difference.mean() < 4, 'an inverted picture is off by 100'
    assert len(notes) == 1


def test_a_broken_profile_counts_as_none(photo):
    cmyk = Image.fromarray(photo).convert('CMYK')
    content = file_of(cmyk, 'tiff', icc_profile=b'no profile at all')
    image, notes = decode_image(content)
    np.testing.assert_array_equal(image, np.asarray(cmyk.convert('RGB')))
    assert len(notes) == 1


def test_a_profile_of_cmyk_is_used(photo, monkeypatch):
    # No CMYK profile is free to bundle: see that it would be asked.
    asked = []

    def convert(image, source, target, outputMode):  # noqa: N803
        asked.append((image.mode, outputMode))
        return Image.fromarray(photo)

    monkeypatch.setattr(ImageCms, 'profileToProfile', convert)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile('sRGB'))
    cmyk = Image.fromarray(photo).convert('CMYK')
    content = file_of(cmyk, 'tiff', icc_profile=profile.tobytes())
    image, notes = decode_image(content)
    assert asked == [('CMYK', 'RGB')]
    np.testing.assert_array_equal(image, photo)
    assert len(notes) == 1


@pytest.mark.parametrize('suffix', ['png', 'jpeg', 'tiff', 'webp', 'gif'])
@pytest.mark.parametrize('share', [0.1, 0.6, 0.97])
def test_a_cut_off_file_is_refused(photo, suffix, share):
    content = file_of(Image.fromarray(photo), suffix)
    with pytest.raises(InputError, match=r'damaged or cut off|not an image'):
        decode_image(content[: int(len(content) * share)])


@pytest.mark.parametrize('suffix', ['.png', '.tiff'])
def test_a_cut_off_file_of_16_bits_is_refused(photo, suffix):
    content = opencv_file_of(photo.astype(np.uint16) * 257, suffix)
    with pytest.raises(InputError, match=r'damaged or cut off|not an image'):
        decode_image(content[: len(content) * 3 // 4])


@pytest.mark.parametrize(
    ('content', 'message'),
    [
        (b'', 'file is empty'),
        (b'# Read me\n', 'not an image'),
        (b'\0' * 1000, 'not an image'),
    ],
)
def test_what_is_no_image_is_refused(content, message):
    with pytest.raises(InputError, match=message):
        decode_image(content)


def test_32_bits_are_refused(photo):
    content = file_of(
        Image.fromarray(photo[..., 0].astype(np.float32)), 'tiff'
    )
    with pytest.raises(InputError, match='floating point'):
        decode_image(content)


def test_an_image_of_too_many_pixels_is_refused_before_decoding():
    # 144 million pixels in a small file
    content = file_of(Image.new('1', (12000, 12000)), 'png')
    assert len(content) < 50_000
    with pytest.raises(InputError, match='expected at most 134 million'):
        decode_image(content)


def test_the_limit_is_on_pixels(photo, monkeypatch):
    content = file_of(Image.fromarray(photo), 'png')
    height, width = photo.shape[:2]
    monkeypatch.setattr(module, 'MAX_PIXELS', height * width)
    decode_image(content)
    monkeypatch.setattr(module, 'MAX_PIXELS', height * width - 1)
    with pytest.raises(InputError, match=f'found {width}x{height}'):
        decode_image(content)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match='No such file'):
        read_image(tmp_path / 'gone.png')
