"""Boxes of JPEG 2000, AVIF and HEIC files (ISO/IEC 14496-12, 15444-1)."""

import struct
from collections.abc import Iterator

_WITH_VERSION = (b'meta',)  # four more bytes before what is in it


def boxes(content: bytes, *path: bytes) -> Iterator[bytes]:
    """Contents of the boxes at a path of names."""
    place = 0
    while place + 8 <= len(content):
        length, name = struct.unpack_from('>I4s', content, place)
        begin, end = place + 8, place + length
        if length == 1 and place + 16 <= len(content):
            begin += 8
            end = place + struct.unpack_from('>Q', content, place + 8)[0]
        elif length == 0:  # the last one
            end = len(content)
        if end < begin:
            return
        if name == path[0]:
            body = content[begin + 4 * (name in _WITH_VERSION) : end]
            yield from boxes(body, *path[1:]) if path[1:] else (body,)
        place = end
