"""What Pillow decodes rightly: files of 8 bits, and its own images."""

import io

import numpy as np
from PIL import Image

from adacode_mm.core.exceptions import InputError

from .damage import check_size, damage_in_sentences
from .metadata import read_metadata
from .samples import ALPHA, Decoded, Layout, Samples, decoded

# Kinds of pixels to what they are converted to; others are refused.
_AS = {
    '1': 'L',
    'L': 'L',
    'LA': 'LA',
    'La': 'LA',
    'P': 'RGB',
    'PA': 'RGBA',
    'RGB': 'RGB',
    'RGBX': 'RGB',
    'RGBA': 'RGBA',
    'RGBa': 'RGBA',
    'YCbCr': 'RGB',
    'HSV': 'RGB',
    'CMYK': 'CMYK',
}
_SAMPLES = {
    'L': 'gray',
    'LA': 'gray' + ALPHA,
    'RGB': 'RGB',
    'RGBA': 'RGB' + ALPHA,
    'CMYK': 'CMYK',
}
_GRAY_BITS = {'L;2': 2, 'L;4': 4}


def pillow_layout(content: bytes, format: str) -> Layout:
    """Layout of a file of one of Pillow's formats."""
    with Image.open(io.BytesIO(content), formats=[format]) as image:
        samples = _SAMPLES.get(_target(image), image.mode)
        if image.mode.startswith('P'):
            samples = samples.replace('RGB', 'palette')
        return Layout(samples, 8, image.height, image.width)


def decode_with_pillow(content: bytes, format: str) -> Samples:
    """The first picture of a file of one of Pillow's formats."""
    with Image.open(io.BytesIO(content), formats=[format]) as image:
        count = getattr(image, 'n_frames', 1)
        found = _samples(image)
    if count > 1:
        notes = (f'the first of {count} pictures.', *found.notes)
        found = found._replace(notes=notes)
    return found


def decode_pillow(image: Image.Image) -> Decoded:
    """Decode an image of Pillow, upright as its EXIF data says.

    Args:
        image: Of 8 bits a value, or grey of 16 bits (`I;16`).

    Raises:
        InputError: If its file is damaged or cut off, or it has pixels of
            another kind or too many of them.
    """
    with damage_in_sentences():
        check_size(image.height, image.width)
        return decoded(_samples(image))


def _samples(image):
    info = image.info
    metadata, orientation, notes = read_metadata(
        image.getexif(),
        info.get('xmp') or info.get('XML:com.adobe.xmp'),
        info.get('dpi'),
    )
    if image.mode.startswith('I;16'):
        values, samples, top = np.asarray(image), 'gray', 65535
    else:
        target = _target(image)
        if target is None:
            wide = ' (32 bits)' if image.mode in ('I', 'F') else ''
            raise InputError(
                f'The image has pixels of mode {image.mode}{wide}: expected '
                'grey, RGB, palette or CMYK of 8 or 16 bits; convert it.'
            )
        # Pillow spreads grey of 2 and 4 bits, but not the transparent one.
        tile = getattr(image, 'tile', None)
        bits = _GRAY_BITS.get(str(tile[0].args) if tile else '')
        image.load()
        key = image.info.get('transparency')
        if bits and isinstance(key, int):
            image = image.copy()
            image.info['transparency'] = key * 255 // (2**bits - 1)
        values, samples, top = (
            np.asarray(image.convert(target)),
            _SAMPLES[target],
            255,
        )
    return Samples(
        values,
        top,
        samples,
        info.get('icc_profile'),
        orientation,
        metadata,
        notes,
    )


def _target(image):
    """Mode to convert to; None for what is refused."""
    target = _AS.get(image.mode)
    if 'transparency' in image.info:  # one colour, or entries of a palette
        target = {'L': 'LA', 'RGB': 'RGBA'}.get(target, target)
    return target
