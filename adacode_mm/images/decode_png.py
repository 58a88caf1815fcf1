"""PNG files: every depth and kind of transparency, with its metadata."""

import struct

from . import png_chunks
from .metadata import read_metadata
from .samples import ALPHA, Layout, Samples

_SAMPLES = {0: 'gray', 2: 'RGB', 3: 'palette', 4: 'gray+alpha', 6: 'RGB+alpha'}


def png_layout(content: bytes) -> Layout:
    """Layout by the header."""
    width, height, bits, kind = struct.unpack_from('>IIBB', content, 16)
    return Layout(
        _SAMPLES.get(kind, f'colour type {kind}'), bits, height, width
    )


def decode_png(content: bytes) -> Samples:
    """All of a PNG file; of an animation, the default picture."""
    from imagecodecs import png_decode  # libpng

    values = png_decode(content)
    count = values.shape[2] if values.ndim == 3 else 1
    samples = ('gray', 'gray' + ALPHA, 'RGB', 'RGB' + ALPHA)[count - 1]
    profile = exif = xmp = dpi = None
    notes: list[str] = []
    colors = []
    for name, data in png_chunks.chunks(content):
        try:
            if name in png_chunks.COLOR_CHUNKS:
                colors.append((name, data))
            elif name == b'iCCP':
                profile = png_chunks.profile_in(data)
            elif name == b'eXIf':
                exif = data
            elif name in (b'tEXt', b'zTXt'):
                exif = exif or png_chunks.raw_exif_in(name, data)
            elif name == b'iTXt':
                xmp = png_chunks.xmp_in(data) or xmp
            elif name == b'pHYs':
                dpi = png_chunks.dpi_in(data)
            elif name == b'acTL' and int.from_bytes(data[:4], 'big') > 1:
                count = int.from_bytes(data[:4], 'big')
                notes.append(f'the first of {count} pictures.')
        except (ValueError, IndexError, struct.error, png_chunks.zlib.error):
            kind = (
                'colour profile' if name == b'iCCP' else name.decode('latin-1')
            )
            notes.append(f'The {kind} is damaged: it was left out.')
    metadata, orientation, more = read_metadata(exif, xmp, dpi, tuple(colors))
    return Samples(
        values,
        255 if values.dtype == 'uint8' else 65535,
        samples,
        profile,
        orientation,
        metadata,
        (*notes, *more),
    )
