"""Files of 16 bits a value, which Pillow writes for grey images only."""

import io
import struct
import zlib

import cv2
import numpy as np

_COMPRESSION = 3  # as the release
_HEADER_END = 33  # signature and IHDR, the same length in every PNG file


def encode_deep_png(integers: np.ndarray, profile: bytes | None) -> bytes:
    """Content of a PNG file.

    Args:
        integers: (H, W), or (H, W, C) with C = 2 (grey and alpha), 3, 4
            (RGB and alpha), uint16. Neither OpenCV nor Pillow has grey with
            alpha: such a file gets three equal channels.
        profile: Its colour profile.
    """
    integers = _without_grey_alpha(integers)
    if integers.ndim == 3:
        order = [2, 1, 0, 3][: integers.shape[2]]
        integers = np.ascontiguousarray(integers[..., order])
    content = cv2.imencode(
        '.png', integers, [cv2.IMWRITE_PNG_COMPRESSION, _COMPRESSION]
    )[1].tobytes()
    if profile is None:
        return content
    # OpenCV cannot write a profile. Its chunk comes after the header.
    chunk = b'iCCPicc\0\0' + zlib.compress(profile)
    chunk = struct.pack('>I', len(chunk) - 4) + chunk
    chunk += struct.pack('>I', zlib.crc32(chunk[4:]))
    return content[:_HEADER_END] + chunk + content[_HEADER_END:]


def encode_deep_tiff(integers: np.ndarray, profile: bytes | None) -> bytes:
    """As `encode_deep_png`, a TIFF file."""
    import tifffile  # takes time to import, and few need it

    integers = _without_grey_alpha(integers)
    channels = integers.shape[2] if integers.ndim == 3 else 1
    file = io.BytesIO()
    tifffile.imwrite(
        file,
        integers,
        photometric='minisblack' if channels == 1 else 'rgb',
        planarconfig=None if channels == 1 else 'contig',
        extrasamples=['unassalpha'] if channels == 4 else None,
        compression='zlib',
        iccprofile=profile,
        metadata=None,
    )
    return file.getvalue()


def _without_grey_alpha(integers):
    if integers.ndim == 3 and integers.shape[2] == 2:
        return integers[..., [0, 0, 0, 1]]
    return integers


DEEP = {'PNG': encode_deep_png, 'TIFF': encode_deep_tiff}
