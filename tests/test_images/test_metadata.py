"""EXIF, XMP, resolution and colour chunks, from and to every format."""

import io
import struct

import imagecodecs
import numpy as np
import pytest
from encoders import png, tiff
from PIL import ExifTags, Image

from adacode_mm.images.decode_file import decode_file
from adacode_mm.images.picture import Metadata, Picture
from adacode_mm.images.png_chunks import chunks
from adacode_mm.images.read_picture import picture_of
from adacode_mm.images.write_picture import encode_picture

XMP = b'<x:xmpmeta><a tiff:Orientation="1"/></x:xmpmeta>'
TAGS = {
    ExifTags.Base.Make: 'Maker',
    ExifTags.Base.Copyright: 'somebody',
    ExifTags.Base.DateTime: '2026:12:01 03:00:00',
}
DETAILS = {
    ExifTags.Base.ExposureTime: 0.005,
    ExifTags.Base.DateTimeOriginal: '2026:11:30 12:00:00',
    ExifTags.Base.ExifImageWidth: 5,
}
PLACE = {1: 'N', 2: (48.0, 12.0, 30.5)}
CICP = (b'cICP', bytes((9, 16, 0, 1)))


def exif(orientation=None):
    data = Image.Exif()
    data.update(TAGS)
    data[ExifTags.IFD.Exif] = DETAILS
    data[ExifTags.IFD.GPSInfo] = PLACE
    if orientation:
        data[ExifTags.Base.Orientation] = orientation
    return data


def pixels(bits=8):
    values = np.random.default_rng(0).integers(0, 2**bits, (6, 9, 3))
    return values.astype(np.uint8 if bits == 8 else np.uint16)


def saved(format, **options):
    file = io.BytesIO()
    Image.fromarray(pixels()).save(file, format, **options)
    return file.getvalue()


def read(content):
    return picture_of(decode_file(content))


def check_exif(content):
    """What Pillow finds in a file that was written."""
    with Image.open(io.BytesIO(content)) as image:
        found = image.getexif()
        details = found.get_ifd(ExifTags.IFD.Exif)
        place = found.get_ifd(ExifTags.IFD.GPSInfo)
    assert {tag: found.get(tag) for tag in TAGS} == TAGS
    assert found[ExifTags.Base.Orientation] == 1
    assert float(details[ExifTags.Base.ExposureTime]) == 0.005
    date = ExifTags.Base.DateTimeOriginal
    assert details[date] == DETAILS[date]
    assert ExifTags.Base.ExifImageWidth not in details
    assert place[1] == 'N'
    assert [float(each) for each in place[2]] == [48.0, 12.0, 30.5]


@pytest.mark.parametrize('source', ['jpeg', 'png', 'webp', 'tiff', 'avif'])
@pytest.mark.parametrize('bits', [8, 16])
@pytest.mark.parametrize('target', ['jpg', 'png', 'webp', 'tif'])
def test_what_a_camera_wrote_is_kept(source, target, bits):
    dpi = {} if source in ('webp', 'avif') else {'dpi': (300, 150)}
    given = read(saved(source, exif=exif(6).tobytes(), **dpi))
    assert given.pixels.shape == (9, 6, 3), 'upright'
    if not dpi:
        metadata = given.metadata._replace(dpi=(300.0, 150.0))
        given = given._replace(metadata=metadata)
    given = given._replace(bits=bits)
    content, notes = encode_picture(given, target)
    assert len(notes) == (bits == 16 and target in ('jpg', 'webp'))
    check_exif(content)
    found = read(content)
    np.testing.assert_allclose(found.metadata.dpi, (300, 150), atol=0.02)
    assert found.pixels.shape == (9, 6, 3), 'and not turned twice'
    assert found.metadata.exif is not None


@pytest.mark.parametrize('source', ['jpeg', 'png', 'webp', 'tiff', 'avif'])
@pytest.mark.parametrize('target', ['jpg', 'png', 'webp', 'tif'])
def test_xmp_is_kept_and_says_upright(source, target):
    turned = XMP.replace(b'"1"', b'"6"')
    if source == 'png':
        text = b'XML:com.adobe.xmp' + bytes(5) + turned
        content = png(pixels(), 8, 2, [(b'iTXt', text)])
    elif source == 'tiff':
        file = io.BytesIO()
        image = Image.fromarray(pixels())
        image.save(file, 'tiff', tiffinfo={700: turned})
        content = file.getvalue()
    else:
        content = saved(source, xmp=turned)
    given = read(content)
    assert given.pixels.shape == (9, 6, 3)
    content, notes = encode_picture(given, target)
    assert notes == []
    assert XMP in content
    assert read(content).metadata.xmp == XMP


def test_exif_as_imagemagick_writes_it():
    data = exif(6).tobytes()
    digits = data.hex()
    text = f'\nexif\n{len(data):8}\n{digits}\n'.encode()
    content = png(
        pixels(), 8, 2, [(b'tEXt', b'Raw profile type exif\0' + text)]
    )
    given = read(content)
    assert given.pixels.shape == (9, 6, 3)
    check_exif(encode_picture(given, 'png')[0])


def test_damaged_metadata_is_left_out_and_named():
    content = png(pixels(), 8, 2, [(b'eXIf', b'no'), (b'iCCP', b'a\0\0no')])
    given = read(content)
    assert (given.metadata.exif, given.icc_profile) == (None, None)
    assert len(given.notes) == 2


@pytest.mark.parametrize('bits', [8, 16])
def test_colour_chunks_of_png_are_kept(bits):
    before = [
        CICP,
        (b'gAMA', struct.pack('>I', 100000)),
        (b'cHRM', struct.pack('>8I', *range(1, 9))),
        (b'cLLI', bytes(8)),
    ]
    given = read(png(pixels(bits), bits, 2, before))
    content, notes = encode_picture(given, 'png')
    assert notes == []
    found = dict(chunks(content))
    assert {name: found[name] for name, _ in before} == dict(before)
    for target in ('jpg', 'webp', 'tif', 'bmp'):
        _, notes = encode_picture(given._replace(bits=8), target)
        (note,) = notes
        assert all(name.decode() in note for name, _ in before)


@pytest.mark.parametrize(
    'usual',
    [
        [(b'gAMA', struct.pack('>I', 45455))],
        [(b'sRGB', b'\0'), (b'gAMA', struct.pack('>I', 100000))],
    ],
)
def test_what_says_srgb_needs_no_note(usual):
    given = read(png(pixels(), 8, 2, usual))
    assert encode_picture(given, 'jpg')[1] == []
    found = dict(chunks(encode_picture(given, 'png')[0]))
    assert {name: found[name] for name, _ in usual} == dict(usual)


def test_hdr_colours_of_avif_reach_the_png_file():
    content = imagecodecs.avif_encode(
        pixels(16) >> 6, bitspersample=10, primaries=9, transfer=16
    )
    given = read(content)
    assert given.bits == 16
    assert given.metadata.color_chunks == (CICP,)


def test_resolution_in_centimetres():
    place = struct.pack('<I', 8)
    content = tiff(
        pixels(), 8, 2, tags=[(282, 5, 1, place), (296, 3, 1, b'\3\0\0\0')]
    )
    # Two numbers where the file has strips: the first 8 bytes of pixels.
    content = content[:8] + struct.pack('<2I', 300, 1) + content[16:]
    np.testing.assert_allclose(
        decode_file(content).metadata.dpi, (762, 762), atol=0.01
    )


def test_what_is_too_long_for_jpeg_is_named():
    long = Metadata(xmp=b'x' * 70_000)
    image = Picture(np.zeros((4, 4, 3), np.float32), metadata=long)
    content, (note,) = encode_picture(image, 'jpg')
    assert 'XMP' in note
    assert read(content).metadata.xmp is None
    assert read(encode_picture(image, 'webp')[0]).metadata.xmp == long.xmp


def test_bmp_names_what_it_cannot_hold():
    given = read(saved('jpeg', exif=exif(), dpi=(200, 200)))
    content, (note,) = encode_picture(given, 'bmp')
    assert 'EXIF' in note
    np.testing.assert_allclose(
        read(content).metadata.dpi, (200, 200), atol=0.02
    )
