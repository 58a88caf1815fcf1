"""AVIF and HEIC files, with 10 and 12 bits."""

import io
import struct

import numpy as np
from PIL import Image

from adacode_mm.core.exceptions import InputError

from .boxes import boxes
from .metadata import read_metadata
from .samples import ALPHA, Layout, Samples

# Colours that need no note: sRGB or BT.709, unspecified.
_USUAL = {(1, 13), (1, 1), (1, 2), (2, 2), (2, 13), (1, 6)}


def _properties(content, name):
    return boxes(content, b'meta', b'iprp', b'ipco', name)


def _color_chunks(content):
    """What a PNG file says in cICP, if the colours are not those of sRGB."""
    for box in _properties(content, b'colr'):
        if box[:4] == b'nclx':
            pair = struct.unpack_from('>HH', box, 4)
            if pair not in _USUAL and max(pair) < 256:
                return ((b'cICP', bytes((*pair, 0, 1))),)
    return ()


def avif_layout(content: bytes) -> Layout:
    """Layout by the header; colours, whatever their subsampling, are RGB."""
    flags = next(_properties(content, b'av1C'), b'\0\0\0')[2]
    deep, twelve, gray = flags & 0x40, flags & 0x20, flags & 0x10
    with Image.open(io.BytesIO(content), formats=['AVIF']) as image:
        alpha = ALPHA if 'A' in image.mode else ''
        bits = (12 if twelve else 10) if deep else 8
        name = 'gray' if gray else 'RGB'
        return Layout(name + alpha, bits, image.height, image.width)


def decode_avif(content: bytes) -> Samples:
    """The first picture of an AVIF file."""
    from imagecodecs import avif_decode  # libavif

    layout = avif_layout(content)
    with Image.open(io.BytesIO(content), formats=['AVIF']) as image:
        info, count = image.info, image.n_frames
        # Pillow tells there how the file turns and mirrors its image.
        metadata, orientation, notes = read_metadata(
            image.getexif(),
            info.get('xmp'),
            None,
            _color_chunks(content),
        )
    values = avif_decode(content, index=0)
    if values.ndim == 3 and layout.samples.startswith('gray'):
        values = values[..., [0, 3] if values.shape[2] == 4 else [0]]
    if count > 1:
        notes = (f'the first of {count} pictures.', *notes)
    return Samples(
        values,
        2**layout.bits - 1,
        layout.samples,
        info.get('icc_profile'),
        orientation,
        metadata,
        notes,
    )


def _open_heic(content):
    try:
        from pillow_heif import open_heif
    except ImportError:
        raise InputError(
            'HEIC files need the package pillow-heif: pip install '
            '"adacode-mm[heic]", or convert the file.'
        ) from None
    return open_heif(io.BytesIO(content), convert_hdr_to_8bit=False)


def heic_layout(content: bytes) -> Layout:
    """Layout of the primary picture, upright."""
    image = _open_heic(content)
    name = 'RGB' if image.mode.startswith('RGB') else 'gray'
    alpha = ALPHA if 'A' in image.mode.split(';')[0] else ''
    return Layout(name + alpha, image.info['bit_depth'], *image.size[::-1])


def decode_heic(content: bytes) -> Samples:
    """The primary picture of a HEIC file, which libheif turns upright."""
    image, layout = _open_heic(content), heic_layout(content)
    values, info = np.asarray(image), image.info
    if values.dtype == np.uint16:
        values = values >> (16 - layout.bits)
    metadata, _, notes = read_metadata(
        info.get('exif'), info.get('xmp'), None, _color_chunks(content)
    )
    return Samples(
        values,
        2**layout.bits - 1,
        layout.samples,
        info.get('icc_profile'),
        1,
        metadata,
        notes,
        image.mode.split(';')[0].endswith('a'),
    )
