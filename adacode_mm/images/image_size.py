"""Height and width of an image file, without decoding its pixels."""

import io
import mmap
import struct
from pathlib import Path

from PIL import Image

from adacode_mm.core.exceptions import InputError

from .damage import damage_in_sentences
from .decode_file import decode_file
from .decode_tiff import check_tiff
from .formats import format_of
from .metadata import ORIENTATION

# What Pillow calls the formats whose headers it reads rightly.
_PILLOW = {'JPEG2000': 'JPEG2000', 'PNM': 'PPM', 'TIFF': 'TIFF'} | {
    name: name for name in ('AVIF', 'BMP', 'GIF', 'JPEG', 'PNG', 'TGA', 'WEBP')
}
_END_OF_PNG = b'IEND\xaeB`\x82'
_SCAN, _END_OF_JPEG = b'\xff\xda', b'\xff\xd9'


def file_size(path: str | Path) -> tuple[int, int]:
    """Height and width of the upright image in a file.

    Raises:
        InputError: If it is no image or is cut off.
    """
    try:
        with open(path, 'rb') as file:
            if not file.seek(0, io.SEEK_END):
                raise InputError('The file is empty.')
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as all_:
                return image_size(all_)
    except OSError as error:
        raise InputError(
            f'The file cannot be read: {error.strerror}.'
        ) from None


def image_size(content: bytes | mmap.mmap) -> tuple[int, int]:
    """As `file_size`, of the content of a file, little of which is read."""
    name = format_of(content[:512])
    with damage_in_sentences():
        if _is_cut_off(content, name):
            raise InputError('The image is cut off: its end is missing.')
        size = _by_header(content, name) if name in _PILLOW else None
    # HEIC, rare kinds of TIFF; and what is no image is told.
    return size or decode_file(content[:]).pixels.shape[:2]


def _by_header(content, name):
    file = io.BytesIO(content) if isinstance(content, bytes) else content
    try:
        with Image.open(file, formats=[_PILLOW[name]]) as image:
            height, width = image.height, image.width
            # Pillow would decode a PNG to find tags behind its pixels.
            tags = image.format != 'PNG' or 'exif' in image.info
            lying = tags and image.getexif().get(ORIENTATION, 1) > 4
            return (width, height) if lying else (height, width)
    except Image.UnidentifiedImageError:
        return None


def _is_cut_off(content, name):
    """Whether the end of a file is missing, as after a broken download."""
    if name == 'PNG':
        return content.rfind(_END_OF_PNG) < 0
    if name == 'JPEG':  # a preview before the pixels has an end, too
        end, scan = content.rfind(_END_OF_JPEG), content.rfind(_SCAN)
        return end < max(scan, 2)
    if name == 'TIFF':
        check_tiff(content)
    elif name == 'WEBP':
        return struct.unpack_from('<I', content, 4)[0] + 8 > len(content)
    elif name == 'BMP':
        (start,) = struct.unpack_from('<I', content, 10)
        width, height, _, bits, kind = struct.unpack_from(
            '<iiHHI', content, 18
        )
        end = start + (width * bits + 31) // 32 * 4 * abs(height)
        return kind in (0, 3) and end > len(content)
    elif name == 'GIF':
        return content.rfind(b';') < len(content) - 16
    return False
