"""PBM, PGM and PPM files of any maximum up to 65535 (Netpbm's P1 to P6)."""

import re

import numpy as np

from adacode_mm.core.exceptions import InputError

from .samples import Layout, Samples

_BLANK = rb'(?:\s|#[^\n]*\n)'
_NUMBER = re.compile(_BLANK + rb'*(\d+)')
_COMMENT = re.compile(rb'#[^\n]*')
_MOST = 65535


def _header(content):
    """Kind 1 to 6, width, height, maximum, where the pixels begin."""
    kind, place = content[1] - ord('0'), 2
    numbers = []
    while len(numbers) < (2 if kind in (1, 4) else 3):
        hit = _NUMBER.match(content, place)
        if hit is None:
            raise ValueError('the header ends before its last number')
        numbers.append(int(hit[1]))
        place = hit.end()
    width, height, top = (*numbers, 1)[:3]
    if not 0 < top <= _MOST or not width or not height:
        raise ValueError(f'{width}x{height} pixels up to {top}')
    return kind, width, height, top, place + 1


def pnm_layout(content: bytes) -> Layout:
    """Layout by the header."""
    kind, width, height, top, _ = _header(content)
    samples = 'RGB' if kind in (3, 6) else 'gray'
    return Layout(samples, top.bit_length(), height, width)


def decode_pnm(content: bytes) -> Samples:
    """Samples of the first picture.

    Raises:
        InputError: If some are missing or above the maximum.
    """
    kind, width, height, top, place = _header(content)
    channels = 3 if kind in (3, 6) else 1
    count = height * width * channels
    body = memoryview(content)[place:]
    if kind == 4:  # rows begin with a byte of their own, 1 is black
        row = -(-width // 8)
        packed = np.frombuffer(body[: height * row], np.uint8)
        if len(packed) == height * row:
            packed = packed.reshape(height, row)
            values = 1 - np.unpackbits(packed, axis=1, count=width)
        else:
            values = packed
    elif kind > 4:
        order = np.dtype('>u2' if top > 255 else np.uint8)
        raw = body[: count * order.itemsize]
        values = np.frombuffer(
            raw[: len(raw) // order.itemsize * order.itemsize], order
        )
    elif kind == 1:  # digits need no blanks between them
        digits = re.findall(rb'[01]', _COMMENT.sub(b'', bytes(body)))
        values = 1 - np.array(digits[:count], np.uint8)
    else:
        numbers = _COMMENT.sub(b'', bytes(body)).split()[:count]
        values = np.array(numbers, np.uint32)
    if values.size != count:
        raise InputError(
            f'The image is damaged or cut off: {count} values were '
            f'expected, {values.size} are there.'
        )
    if values.max() > top:
        raise InputError(
            f'The image is damaged: its values go up to {values.max()}, its '
            f'header says {top}.'
        )
    shape = (height, width, 3) if channels == 3 else (height, width)
    return Samples(
        values.reshape(shape), top, 'RGB' if channels == 3 else 'gray'
    )
