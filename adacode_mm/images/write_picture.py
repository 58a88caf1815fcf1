"""A `Picture` as an image file."""

import io
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms

from adacode_mm.core.atomic_files import write_atomically
from adacode_mm.core.exceptions import InputError

from .decode_pillow import to_srgb
from .encode_16_bits import DEEP
from .picture import Picture

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
_OPTIONS = {
    'PNG': {'compress_level': 3},  # as the release
    'TIFF': {'compression': 'tiff_adobe_deflate'},
    # Colours as fine as the restored details.
    'JPEG': {'subsampling': 0},
    'WEBP': {},
    'BMP': {},
}
_OPAQUE = ('JPEG', 'BMP')
_LONGEST = {'JPEG': 65500, 'WEBP': 16383}


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
    release does. Grey stays one channel, transparency, 16 bits and the
    colour profile are kept where the format can hold them.

    Args:
        picture: What to write.
        format: A key of `FORMATS`.
        quality: 1 to 100, of JPEG and WebP.

    Returns:
        The bytes, and whole sentences about what the format cannot hold:
        transparent parts are put on white, 16 bits become 8, and where no
        colour profile can be kept, colours are converted to sRGB.

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
    if picture.bits == 16:
        if name in DEEP:
            content = DEEP[name](_integers(picture, 16), picture.icc_profile)
            return content, notes
        notes.append(f'{name} holds 8 bits: 16 bits were rounded.')
    return _encode_8_bits(picture, name, quality, notes), notes


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


def _encode_8_bits(picture, name, quality, notes):
    image = Image.fromarray(_integers(picture, 8))
    profile = picture.icc_profile
    if profile and name == 'BMP':
        image = _in_srgb(image, profile, notes)
        profile = None
    options = dict(_OPTIONS[name])
    if name in ('JPEG', 'WEBP'):
        options['quality'] = quality
    if profile:
        options['icc_profile'] = profile
    file = io.BytesIO()
    image.save(file, name, **options)
    return file.getvalue()


def _in_srgb(image, profile, notes):
    try:
        converted = to_srgb(image, profile)
    except (ImageCms.PyCMSError, OSError):
        notes.append('BMP holds no colour profile: it was dropped.')
        return image
    notes.append('BMP holds no colour profile: converted to sRGB.')
    return converted if image.mode == 'RGB' else converted.convert('L')
