"""Image files in and out, with all that a photograph brings along.

- `read_picture`, `write_picture`: colours in [0, 1], transparency, 16 bits,
  grey, colour profile, the orientation of EXIF.
- `decode_file`, `decode_pillow`: the integers that an image holds.
"""

from .decode_file import decode_file
from .decode_pillow import decode_pillow
from .picture import Picture
from .read_picture import picture_of, read_picture
from .write_picture import FORMATS, encode_picture, write_picture

__all__ = [
    'FORMATS',
    'Picture',
    'decode_file',
    'decode_pillow',
    'encode_picture',
    'picture_of',
    'read_picture',
    'write_picture',
]
