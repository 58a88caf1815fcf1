"""Image files written byte by byte, to hold decoders against."""

import struct
import zlib

import numpy as np


def packed(values, bits, order='>'):
    """Rows of samples as bytes, each row padded to a whole one.

    Args:
        values: (H, N), unsigned integers of `bits` bits.
        bits: 1 to 16; 16, 32 and floating point in the byte order.
    """
    if values.dtype.kind in 'fi' or bits in (16, 32):
        size = (
            values.dtype.itemsize if values.dtype.kind in 'fi' else bits // 8
        )
        kind = values.dtype.kind
        return values.astype(f'{order}{kind}{size}').tobytes()
    shifts = np.arange(bits - 1, -1, -1)
    rows = (values[..., None].astype(np.uint32) >> shifts & 1).astype(np.uint8)
    return np.packbits(rows.reshape(len(values), -1), axis=1).tobytes()


def tiff(
    values,
    bits,
    photometric,
    *,
    extra=(),
    planar=False,
    order='<',
    colors=None,
    tags=(),
    strips=2,
):
    """A TIFF file without compression, two strips a plane.

    Args:
        values: (H, W, C); floating point and signed ones say so in the file.
        bits: Of a sample.
        photometric: Number of the interpretation.
        extra: ExtraSamples; None leaves the tag out.
        planar: One plane after the other.
        order: '<' or '>'.
        colors: (2 ** bits, 3), uint16, of a palette.
        tags: (number, type, count, packed value of four bytes) of others.
        strips: How many a plane has.
    """
    height, width, count = values.shape
    planes = np.moveaxis(values, 2, 0) if planar else values[None]
    rows = -(-height // strips)
    parts = [
        packed(part.reshape(len(part), -1), bits, order)
        for plane in planes
        for part in (plane[i : i + rows] for i in range(0, height, rows))
    ]
    body = bytearray((b'II' if order == '<' else b'MM') + bytes(6))
    body[2:4] = struct.pack(f'{order}H', 42)

    def put(data):
        body.extend(b'\0' * (len(body) % 2))
        place = len(body)
        body.extend(data)
        return place

    starts = [put(part) for part in parts]

    def entry(tag, kind, numbers):
        code = {3: 'H', 4: 'I'}[kind]
        data = struct.pack(f'{order}{len(numbers)}{code}', *numbers)
        if len(data) > 4:
            data = struct.pack(f'{order}I', put(data))
        data = data.ljust(4, b'\0')
        return struct.pack(f'{order}HHI', tag, kind, len(numbers)) + data

    kind = {'u': 1, 'b': 1, 'i': 2, 'f': 3}[values.dtype.kind]
    entries = [
        entry(256, 4, [width]),
        entry(257, 4, [height]),
        entry(258, 3, [bits] * count),
        entry(259, 3, [1]),
        entry(262, 3, [photometric]),
        entry(273, 4, starts),
        entry(277, 3, [count]),
        entry(278, 4, [rows]),
        entry(279, 4, [len(part) for part in parts]),
        entry(284, 3, [2 if planar else 1]),
    ]
    if colors is not None:
        entries.append(entry(320, 3, [int(x) for x in colors.T.ravel()]))
    if extra:
        entries.append(entry(338, 3, list(extra)))
    entries.append(entry(339, 3, [kind] * count))
    entries += [
        struct.pack(f'{order}HHI', tag, kind, n) + value
        for tag, kind, n, value in tags
    ]
    entries.sort(key=lambda each: struct.unpack(f'{order}H', each[:2]))
    ifd = struct.pack(f'{order}H', len(entries)) + b''.join(entries) + bytes(4)
    body[4:8] = struct.pack(f'{order}I', put(ifd))
    return bytes(body)


def chunk(name, data):
    head = struct.pack('>I', len(data)) + name + data
    return head + struct.pack('>I', zlib.crc32(name + data))


def png(values, bits, kind, before=(), after=()):
    """A PNG file.

    Args:
        values: (H, W, C), unsigned integers.
        bits: Of a sample.
        kind: Colour type.
        before: (name, data) of chunks before the pixels.
        after: Of chunks behind them.
    """
    height, width, count = values.shape
    rows = [
        b'\0' + packed(row.reshape(1, width * count), bits) for row in values
    ]
    header = struct.pack('>2I5B', width, height, bits, kind, 0, 0, 0)
    parts = [
        (b'IHDR', header),
        *before,
        (b'IDAT', zlib.compress(b''.join(rows))),
        *after,
        (b'IEND', b''),
    ]
    return b'\x89PNG\r\n\x1a\n' + b''.join(chunk(*part) for part in parts)


def pnm(values, top, text=False):
    """A PBM, PGM or PPM file; `top` 1 is black on white."""
    height, width, count = values.shape
    kind = 3 if count == 3 else 1 if top == 1 else 2
    head = f'P{kind + 3 * (not text)}\n# made by hand\n{width} {height}\n'
    if kind == 1:
        values = 1 - values
    else:
        head += f'{top}\n'
    if text:
        return head.encode() + ' '.join(map(str, values.ravel())).encode()
    bits = 1 if kind == 1 else 8 if top < 256 else 16
    return head.encode() + packed(values.reshape(height, -1), bits)
