"""TIFF files with all that a picture has."""

import io
import struct

import numpy as np

from .metadata import ORIENTATION, exif_directory
from .picture import Metadata

_ENTRY = 12  # bytes
_XMP = 700
_BYTES = 7  # a TIFF type: undefined


def encode_tiff(
    integers: np.ndarray, profile: bytes | None, metadata: Metadata
) -> bytes:
    """Content of a TIFF file, compressed without loss.

    Args:
        integers: (H, W), or (H, W, C) with C = 2 (grey and alpha), 3, 4
            (RGB and alpha), uint8 or uint16.
        profile: Its colour profile.
        metadata: What else it keeps; chunks of PNG files are left out.
    """
    import tifffile  # takes time to import, and few need it

    channels = integers.shape[2] if integers.ndim == 3 else 1
    tags = [(ORIENTATION, 3, 1, 1, True)]
    if metadata.xmp:
        tags.append((_XMP, _BYTES, len(metadata.xmp), metadata.xmp, True))
    dpi = {}
    if metadata.dpi:
        dpi = {'resolution': metadata.dpi, 'resolutionunit': 'INCH'}
    file = io.BytesIO()
    tifffile.imwrite(
        file,
        integers,
        photometric='minisblack' if channels < 3 else 'rgb',
        planarconfig=None if channels == 1 else 'contig',
        extrasamples=['unassalpha'] if channels in (2, 4) else None,
        compression='zlib',
        predictor=True,
        iccprofile=profile,
        metadata=None,
        software=False,
        extratags=tags,
        **dpi,
    )
    content = file.getvalue()
    if metadata.exif is None or content[:4] != b'II*\0':  # BigTIFF
        return content
    return _with_exif(content, metadata.exif)


def _with_exif(content, exif):
    """The file with a new directory, which has the entries of EXIF, too.

    tifffile cannot write directories below the first.
    """
    body = bytearray(content + b'\0' * (len(content) % 2))
    added = exif_directory(exif, len(body))
    entries = {**_entries(added, 0), **_entries(content, _first(content))}
    body += added + b'\0' * (len(added) % 2)
    struct.pack_into('<I', body, 4, len(body))
    body += struct.pack('<H', len(entries))
    body += b''.join(entries[tag] for tag in sorted(entries)) + bytes(4)
    return bytes(body)


def _first(content):
    return struct.unpack_from('<I', content, 4)[0]


def _entries(content, place):
    """Tag -> entry of a directory; what it points to stays where it is."""
    (count,) = struct.unpack_from('<H', content, place)
    starts = range(place + 2, place + 2 + _ENTRY * count, _ENTRY)
    entries = (bytes(content[start : start + _ENTRY]) for start in starts)
    return {struct.unpack('<H', entry[:2])[0]: entry for entry in entries}
