"""JPEG 2000 files, with 16 bits and colour profile."""

import struct

from .boxes import boxes
from .samples import ALPHA, Layout, Samples

_SIZ = b'\xff\x51'
_RESTRICTED_PROFILE, _ANY_PROFILE = 2, 3
_COLORSPACES = {16: 'sRGB', 17: 'gray', 18: 'sYCC', 12: 'CMYK'}


def _components(content):
    """(bits, signed, step) of each component, height, width (ISO 15444-1)."""
    start = content.index(_SIZ) + 4
    right, lower, left, upper = struct.unpack_from('>4I', content, start + 2)
    (count,) = struct.unpack_from('>H', content, start + 34)
    parts = [
        tuple(content[start + 36 + 3 * i : start + 39 + 3 * i])
        for i in range(count)
    ]
    each = [((d & 127) + 1, d >> 7, (x, y)) for d, x, y in parts]
    return each, lower - upper, right - left


def jpeg2000_layout(content: bytes) -> Layout:
    """Layout by the headers."""
    parts, height, width = _components(content)
    names = {1: 'gray', 2: 'gray' + ALPHA, 3: 'RGB', 4: 'RGB' + ALPHA}
    samples = names.get(len(parts), f'{len(parts)} components')
    space = _color_space(content)
    if space in ('sYCC', 'CMYK') or space.startswith('colour space'):
        samples = space
    if any(boxes(content, b'jp2h', b'pclr')):
        samples = 'palette'
    if len(set(parts)) > 1 or parts[0][2] != (1, 1):
        samples += ' (components differ)'
    if parts[0][1]:
        samples += ' (signed)'
    return Layout(samples, parts[0][0], height, width)


def _color_space(content):
    for box in boxes(content, b'jp2h', b'colr'):
        if box[0] == 1:
            (number,) = struct.unpack_from('>I', box, 3)
            return _COLORSPACES.get(number, f'colour space {number}')
    return 'sRGB'


def decode_jpeg2000(content: bytes) -> Samples:
    """Samples of a JPEG 2000 file or code stream."""
    from imagecodecs import jpeg2k_decode  # OpenJPEG

    layout = jpeg2000_layout(content)
    profile = None
    for box in boxes(content, b'jp2h', b'colr'):
        if box[0] in (_RESTRICTED_PROFILE, _ANY_PROFILE):
            profile = box[3:]
    return Samples(
        jpeg2k_decode(content), 2**layout.bits - 1, layout.samples, profile
    )
