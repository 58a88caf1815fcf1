"""Chunks of PNG files (PNG, third edition, section 11)."""

import struct
import zlib
from collections.abc import Iterable, Iterator

SIGNATURE = b'\x89PNG\r\n\x1a\n'
# What numbers mean; the first that is there counts (section 4.3).
COLOR_CHUNKS = (b'cICP', b'sRGB', b'gAMA', b'cHRM', b'mDCV', b'cLLI')
_HEADER_END = 33  # signature and IHDR, the same length in every PNG file
_LONGEST_TEXT = 2**26  # of what may be compressed: a profile, XMP
_INCHES_PER_METRE = 0.0254


def chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Name and data of each chunk but those of pixels."""
    place = len(SIGNATURE)
    while place + 8 <= len(content):
        length, name = struct.unpack_from('>I4s', content, place)
        if name != b'IDAT':
            yield name, content[place + 8 : place + 8 + length]
        place += length + 12


def with_chunks(content: bytes, new: Iterable[tuple[bytes, bytes]]) -> bytes:
    """A PNG file with more chunks after its header."""
    added = b''.join(
        struct.pack('>I', len(data))
        + name
        + data
        + struct.pack('>I', zlib.crc32(name + data))
        for name, data in new
    )
    return content[:_HEADER_END] + added + content[_HEADER_END:]


def profile_in(data: bytes) -> bytes:
    """Colour profile of an iCCP chunk."""
    return _inflated(data.split(b'\0', 1)[1][1:])


def profile_chunk(profile: bytes) -> bytes:
    """Data of the iCCP chunk of a colour profile."""
    return b'icc\0\0' + zlib.compress(profile)


def xmp_in(data: bytes) -> bytes | None:
    """XMP packet of an iTXt chunk; None for other text."""
    keyword, rest = data.split(b'\0', 1)
    if keyword != b'XML:com.adobe.xmp':
        return None
    text = rest[2:].split(b'\0', 2)[2]
    return _inflated(text) if rest[0] else text


def xmp_chunk(xmp: bytes) -> bytes:
    """Data of the iTXt chunk of an XMP packet."""
    return b'XML:com.adobe.xmp' + bytes(5) + xmp


def raw_exif_in(name: bytes, data: bytes) -> bytes | None:
    """EXIF that ImageMagick has put into text, in hexadecimal digits."""
    keyword, rest = data.split(b'\0', 1)
    if keyword != b'Raw profile type exif':
        return None
    text = _inflated(rest[1:]) if name == b'zTXt' else rest
    return bytes.fromhex(''.join(text.decode('ascii').split()[2:]))


def dpi_in(data: bytes) -> tuple[float, float] | None:
    """Pixels an inch of a pHYs chunk; None if it tells the aspect only."""
    x, y, unit = struct.unpack('>IIB', data)
    return (x * _INCHES_PER_METRE, y * _INCHES_PER_METRE) if unit else None


def dpi_chunk(dpi: tuple[float, float]) -> bytes:
    """Data of the pHYs chunk of a resolution."""
    x, y = (round(each / _INCHES_PER_METRE) for each in dpi)
    return struct.pack('>IIB', x, y, 1)


def _inflated(data):
    inflate = zlib.decompressobj()
    text = inflate.decompress(data, _LONGEST_TEXT)
    if not inflate.eof:
        raise ValueError('compressed text is cut off or too long')
    return text
