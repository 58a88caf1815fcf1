"""A `Picture` as an image file."""

import io
import struct
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms

from adacode_mm.core.atomic_files import write_atomically
from adacode_mm.core.exceptions import InputError

from . import png_chunks
from .encode_tiff import encode_tiff
from .metadata import exif_of
from .picture import Metadata, Picture
from .samples import to_srgb

# What a user may name to what Pillow calls it.
FORMATS = {
    'png': 'PNG',
    'jpg': 'JPEG',
    'jpeg': 'JPEG',
    'webp': 'WEBP',
    'tif': 'TIFF',
    'tiff': 'TIFF',
    'bmp': 'BMP',
}
_LEVEL = 3  # of the compression of PNG, as the release
_DEEP = ('PNG', 'TIFF')
_OPAQUE = ('JPEG', 'BMP')
_LONGEST = {'JPEG': 65500, 'WEBP': 16383}
_LONGEST_SEGMENT = 65000  # of EXIF and XMP in a JPEG file
# PNG chunks that say what sRGB says.
_SRGB = {
    b'gAMA': struct.pack('>I', 45455),
    b'cHRM': struct.pack(
        *('>8I', 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)
    ),
    b'cICP': bytes((1, 13, 0, 1)),
}


def write_picture(
    path: str | Path,
    picture: Picture,
    *,
    format: str | None = None,
    quality: int = 95,
) -> list[str]:
    """Write a picture; the file is there completely or not at all.

    Args:
        path: File to write or to replace; its folder exists.
        picture: What to write; values outside of [0, 1] are clipped.
        format: A key of `FORMATS`; by default the suffix of `path`.
        quality: 1 to 100, of JPEG and WebP.

    Returns:
        As `encode_picture`.

    Raises:
        InputError: As `encode_picture`.
        OutputError: If the file cannot be written.
    """
    path = Path(path)
    suffix = path.suffix.removeprefix('.')
    content, notes = encode_picture(picture, format or suffix, quality)
    write_atomically(path, content)
    return notes


def encode_picture(
    picture: Picture, format: str = 'png', quality: int = 95
) -> tuple[bytes, list[str]]:
    """Content of the image file of a picture.

    Values are clipped to [0, 1], scaled and rounded half to even, as the
    release does. Grey stays one channel; transparency, 16 bits, the colour
    profile and metadata are kept where the format can hold them.

    Args:
        picture: What to write.
        format: A key of `FORMATS`.
        quality: 1 to 100, of JPEG and WebP.

    Returns:
        The bytes, and whole sentences about what the format cannot hold:
        transparent parts are put on white, 16 bits become 8, metadata is
        left out, and where no colour profile can be kept, colours are
        converted to sRGB.

    Raises:
        InputError: If there is no such format or quality, a side is longer
            than the format permits, or a value is not a number.
    """
    name = FORMATS.get(str(format).lower())
    if name is None:
        raise InputError(
            f'The format must be one of {", ".join(FORMATS)}, got {format!r}.'
        )
    if not 1 <= quality <= 100:
        raise InputError(f'The quality must be 1 to 100, got {quality}.')
    _check_pixels(picture, name)
    notes = []
    if name in _OPAQUE and picture.alpha is not None:
        picture = _on_white(picture, name, notes)
    deep = picture.bits == 16 and name in _DEEP
    if picture.bits == 16 and not deep:
        notes.append(f'{name} holds 8 bits: 16 bits were rounded.')
    integers = _integers(picture, 16 if deep else 8)
    if name == 'PNG':
        return _png(integers, picture), notes
    notes += _colors_left_out(picture, name)
    if name == 'TIFF':
        profile = picture.icc_profile
        return encode_tiff(integers, profile, picture.metadata), notes
    return _by_pillow(integers, picture, name, quality, notes), notes


def _check_pixels(picture, name):
    longest = _LONGEST.get(name)
    height, width = picture.pixels.shape[:2]
    if longest and max(height, width) > longest:
        raise InputError(
            f'{name} files are at most {longest} pixels long, the picture '
            f'is {width}x{height}: choose PNG or TIFF.'
        )
    if not np.isfinite(picture.pixels).all():
        raise InputError(
            'The picture must have finite values, found NaN or infinity: '
            'restore it again.'
        )


def _on_white(picture, name, notes):
    alpha = picture.alpha[..., None]
    if (alpha < 1).any():
        notes.append(
            f'{name} cannot be transparent: transparent parts are white.'
        )
    pixels = np.clip(picture.pixels, 0, 1) * alpha + (1 - alpha)
    return picture._replace(pixels=pixels, alpha=None)


def _integers(picture, bits):
    """(H, W) or (H, W, C), C = 2, 3, 4: grey or RGB, alpha at the end."""
    pixels = picture.pixels[..., :1] if picture.gray else picture.pixels
    if picture.alpha is not None:
        pixels = np.concatenate([pixels, picture.alpha[..., None]], -1)
    values = pixels.clip(0, 1)  # a copy, and the only one
    values *= np.float32(2**bits - 1)
    integers = np.rint(values, out=values)
    integers = integers.astype(np.uint8 if bits == 8 else np.uint16)
    return integers[..., 0] if integers.shape[2] == 1 else integers


def _png(integers, picture):
    from imagecodecs import png_encode  # libpng

    profile, metadata = picture.icc_profile, picture.metadata
    added = list(metadata.color_chunks)
    if profile:
        added.append((b'iCCP', png_chunks.profile_chunk(profile)))
    if metadata.dpi:
        added.append((b'pHYs', png_chunks.dpi_chunk(metadata.dpi)))
    exif = exif_of(metadata)
    if exif:
        added.append((b'eXIf', exif.removeprefix(b'Exif\0\0')))
    if metadata.xmp:
        added.append((b'iTXt', png_chunks.xmp_chunk(metadata.xmp)))
    content = png_encode(np.ascontiguousarray(integers), level=_LEVEL)
    return png_chunks.with_chunks(content, added)


def _colors_left_out(picture, name):
    """Which chunks of a PNG file get lost that change how it looks."""
    chunks = dict(picture.metadata.color_chunks)
    # The first of cICP, profile, sRGB and gAMA counts.
    if b'cICP' not in chunks and (picture.icc_profile or b'sRGB' in chunks):
        return []
    lost = [
        chunk.decode()
        for chunk, data in chunks.items()
        if chunk != b'sRGB' and data != _SRGB.get(chunk)
    ]
    if not lost:
        return []
    return [f'{name} cannot hold {", ".join(lost)}: colours may look wrong.']


def _by_pillow(integers, picture, name, quality, notes):
    image = Image.fromarray(integers)
    profile, metadata = picture.icc_profile, picture.metadata
    options = {}
    if name == 'BMP':
        if profile:
            image = _in_srgb(image, profile, notes)
        if metadata.exif or metadata.xmp:
            notes.append('BMP holds no EXIF and no XMP: they were left out.')
    else:
        options = {'quality': quality, 'icc_profile': profile}
        options |= _within_segments(metadata, name, notes)
    if metadata.dpi and name != 'WEBP':
        options['dpi'] = metadata.dpi
    file = io.BytesIO()
    given = {key: value for key, value in options.items() if value}
    if name == 'JPEG':
        given['subsampling'] = 0  # colours as fine as restored details
    image.save(file, name, **given)
    return file.getvalue()


def _within_segments(metadata: Metadata, name, notes):
    """EXIF and XMP as far as a JPEG file can hold them."""
    kept = {'exif': exif_of(metadata, name == 'WEBP'), 'xmp': metadata.xmp}
    for key, value in kept.items():
        if name == 'JPEG' and value and len(value) > _LONGEST_SEGMENT:
            notes.append(
                f'JPEG holds {_LONGEST_SEGMENT} bytes of {key.upper()}, not '
                f'{len(value)}: it was left out.'
            )
            kept[key] = None
    return kept


def _in_srgb(image, profile, notes):
    try:
        converted = to_srgb(image, profile)
    except (ImageCms.PyCMSError, OSError):
        notes.append('BMP holds no colour profile: it was dropped.')
        return image
    notes.append('BMP holds no colour profile: converted to sRGB.')
    return converted if image.mode == 'RGB' else converted.convert('L')
