"""What `read_image` shares is tested with it: damage, kinds of files."""

import io
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms

from adacode_mm.core.exceptions import InputError
from adacode_mm.images import damage as module
from adacode_mm.images.decode_file import decode_file
from adacode_mm.images.read_picture import picture_of, read_picture

PHOTOS = Path(__file__).parents[1] / 'data' / 'photos'
PHOTO = PHOTOS / 'coffee_odd_131x97.png'


@pytest.fixture
def photo():
    """A photograph of uneven sides, RGB."""
    return np.array(Image.open(PHOTO).convert('RGB'))


def file_of(image, suffix='png', **options):
    file = io.BytesIO()
    image.save(file, suffix, **options)
    return file.getvalue()


def picture_in(content):
    return picture_of(decode_file(content))


def with_chunk(png, name, data):
    """A PNG file with one more chunk after its header."""
    chunk = struct.pack('>I', len(data)) + name + data
    chunk += struct.pack('>I', zlib.crc32(name + data))
    return png[:33] + chunk + png[33:]


def deep_png(rgb):
    order = [2, 1, 0, 3][: rgb.shape[2]] if rgb.ndim == 3 else slice(None)
    bgr = np.ascontiguousarray(rgb[..., order])
    return cv2.imencode('.png', bgr)[1].tobytes()


def deep_tiff(pixels, **options):
    file = io.BytesIO()
    kind = 'minisblack' if pixels.ndim == 2 else 'rgb'
    tifffile.imwrite(file, pixels, photometric=kind, **options)
    return file.getvalue()


def test_a_photograph(photo):
    found = read_picture(PHOTO)
    assert found.pixels.dtype == np.float32
    np.testing.assert_array_equal(found.pixels, photo / np.float32(255))
    assert found.alpha is None
    assert (found.bits, found.gray, found.icc_profile) == (8, False, None)
    assert found.notes == []


def oriented(pixels, orientation):
    """EXIF stores how to get from the file to the upright picture."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = Image.fromarray(pixels)
    content = file_of(image, exif=exif)
    return exif.tobytes().removeprefix(b'Exif\0\0'), picture_in(content).pixels


@pytest.mark.parametrize('orientation', range(1, 9))
@pytest.mark.parametrize('channels', [1, 3, 4])
def test_16_bits_stand_upright_like_8(photo, channels, orientation):
    rgba = np.dstack([photo, photo[..., 0]])
    shallow = rgba[..., 1] if channels == 1 else rgba[..., :channels]
    exif, expected = oriented(shallow, orientation)
    deep = shallow.astype(np.uint16) * 257
    extra = {'extrasamples': ['unassalpha']} if channels == 4 else {}
    files = {
        'png': with_chunk(deep_png(deep), b'eXIf', exif),
        'tiff': deep_tiff(
            deep, extratags=[(274, 3, 1, orientation, True)], **extra
        ),
    }
    for name, content in files.items():
        found = picture_in(content)
        np.testing.assert_array_equal(found.pixels, expected, name)
        assert (found.bits, found.gray) == (16, channels == 1)
        if channels == 4:
            np.testing.assert_array_equal(
                found.alpha, found.pixels[..., 0], name
            )


def test_16_bits_are_not_rounded():
    every = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    rgb = np.stack([every, every[::-1], every.T], -1)
    for content in (deep_png(rgb), deep_tiff(rgb)):
        found = picture_in(content).pixels
        np.testing.assert_array_equal(found, rgb / np.float32(65535))


def test_one_transparent_colour(photo):
    deep = photo.astype(np.uint16) * 257
    colour = tuple(int(x) for x in deep[40, 50])
    expected = (photo != photo[40, 50]).any(-1)
    assert not expected.all()
    keyed = with_chunk(deep_png(deep), b'tRNS', struct.pack('>3H', *colour))
    files = [
        file_of(
            Image.fromarray(photo),
            transparency=tuple(int(x) for x in photo[40, 50]),
        ),
        keyed,
    ]
    for content in files:
        found = picture_in(content)
        np.testing.assert_array_equal(found.alpha, expected)
        np.testing.assert_array_equal(found.pixels, photo / np.float32(255))


@pytest.mark.parametrize('mode', ['L', '1'])
def test_one_transparent_grey(photo, mode):
    image = Image.fromarray(photo[..., 0]).convert(mode)
    found = picture_in(file_of(image, transparency=0))
    gray = np.asarray(image.convert('L'))
    assert found.gray
    np.testing.assert_array_equal(found.pixels[..., 0] * 255, gray)
    np.testing.assert_array_equal(found.alpha, gray > 0)


def test_a_palette_with_transparent_entries(photo):
    image = Image.fromarray(photo).quantize(16)
    opacity = bytes(range(0, 256, 16))
    found = picture_in(file_of(image, transparency=opacity))
    indices = np.asarray(image)
    np.testing.assert_array_equal(
        found.alpha, np.float32([*opacity])[indices] / np.float32(255)
    )
    expected = np.asarray(image.convert('RGB')) / np.float32(255)
    np.testing.assert_array_equal(found.pixels, expected)


def test_one_bit(photo):
    image = Image.fromarray(photo[..., 0] > 100)
    found = picture_in(file_of(image))
    assert (found.gray, found.bits) == (True, 8)
    np.testing.assert_array_equal(found.pixels[..., 2], photo[..., 0] > 100)


def test_a_fourth_channel_need_not_be_opacity(photo):
    deep = np.dstack([photo, photo[..., 0]]).astype(np.uint16) * 257
    for pixels in (deep, deep.astype(np.uint8)):
        content = deep_tiff(pixels, extrasamples=['unspecified'])
        found = picture_in(content)
        assert found.alpha is None
        top = np.float32(np.iinfo(pixels.dtype).max)
        np.testing.assert_array_equal(found.pixels, pixels[..., :3] / top)


def test_profiles_are_kept_as_they_are(photo):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile('sRGB'))
    profile = profile.tobytes()
    image = Image.fromarray(photo)
    for kind in ('png', 'jpeg', 'webp', 'tiff'):
        content = file_of(image, kind, icc_profile=profile)
        assert picture_in(content).icc_profile == profile, kind
    deep = photo.astype(np.uint16) * 257
    content = deep_tiff(deep, iccprofile=profile)
    assert picture_in(content).icc_profile == profile


def test_cmyk_becomes_srgb(photo):
    cmyk = Image.fromarray(photo).convert('CMYK')
    content = file_of(cmyk, 'jpeg', quality=95, icc_profile=b'broken')
    found = picture_in(content)
    assert np.abs(found.pixels - photo / 255).mean() < 0.02
    assert found.icc_profile is None
    assert len(found.notes) == 1


def test_the_first_picture_of_an_animation(photo):
    first = Image.fromarray(photo)
    content = file_of(
        first,
        'webp',
        save_all=True,
        lossless=True,
        append_images=[Image.fromarray(255 - photo)],
    )
    found = picture_in(content)
    np.testing.assert_array_equal(found.pixels, photo / np.float32(255))
    assert found.notes == ['the first of 2 pictures.']


@pytest.mark.parametrize(
    ('content', 'message'),
    [
        (b'', 'The file is empty: expected an image, got 0 bytes'),
        (b'# Read me\n', 'not an image of a kind that can be read'),
        (PHOTO.read_bytes()[:9000], 'damaged or cut off'),
    ],
    ids=['empty', 'text', 'cut'],
)
def test_what_is_no_image(content, message, tmp_path):
    path = tmp_path / 'a.png'
    path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_picture(path)


def test_a_folder_and_no_file(tmp_path):
    with pytest.raises(InputError, match=r'cannot be read: Is a directory\.'):
        read_picture(tmp_path)
    with pytest.raises(InputError, match=r'cannot be read: No such file'):
        read_picture(tmp_path / 'a.png')


def test_other_kinds_of_pixels_are_named(photo):
    lab = ImageCms.profileToProfile(
        Image.fromarray(photo),
        ImageCms.createProfile('sRGB'),
        ImageCms.createProfile('LAB'),
        outputMode='LAB',
    )
    with pytest.raises(InputError, match='LAB'):
        picture_in(file_of(lab, 'tiff'))


def test_a_bomb_is_refused_before_decoding(monkeypatch):
    monkeypatch.setattr(module, 'MAX_PIXELS', 131 * 97 - 1)
    monkeypatch.setattr(Image.Image, 'load', lambda _: pytest.fail('decoded'))
    with pytest.raises(InputError, match=r'too many pixels.*found 131x97'):
        picture_in(PHOTO.read_bytes())
