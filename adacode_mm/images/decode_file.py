"""The integers that an image file of any usual kind holds."""

import cv2
import numpy as np
from PIL import ExifTags, Image

from adacode_mm.core.exceptions import InputError

from .decode_pillow import decode_pillow
from .decoded import Decoded
from .open_image import open_image

# What to do with rows and columns for each orientation of EXIF: swap them,
# then mirror up-down, left-right (CIPA DC-008, "Orientation").
_UPRIGHT = {
    2: (False, False, True),
    3: (False, True, True),
    4: (False, True, False),
    5: (True, False, False),
    6: (True, False, True),
    7: (True, True, True),
    8: (True, True, False),
}


def decode_file(content: bytes) -> Decoded:
    """Decode an image without loss, upright as EXIF says.

    Palettes become RGB, CMYK goes through its colour profile if there is
    one; of an animation, the first picture is taken.

    Args:
        content: Content of an image file.

    Raises:
        InputError: If it is no image, is damaged or cut off, has pixels of
            another kind or too many of them.
    """
    notes = []
    with open_image(content) as image:
        # Pillow reads RGB of 16 bits as RGB of 8; its decoder's name tells.
        deep = image.mode.startswith('I;16') or ';16' in str(image.tile)
        tile = str(image.tile)
        image.load()  # to the end: OpenCV fills with grey what lacks
        if getattr(image, 'n_frames', 1) > 1:
            notes.append(f'the first of {image.n_frames} pictures.')
        if deep and image.mode == 'CMYK':
            notes.append('CMYK of 16 bits was read as 8 bits.')
        elif deep:
            return _decode_16_bits(content, image, 'RGBa' in tile, notes)
        decoded = decode_pillow(image)
    return decoded._replace(notes=notes + decoded.notes)


def _decode_16_bits(
    content: bytes, image: Image.Image, premultiplied: bool, notes: list[str]
) -> Decoded:
    flags = cv2.IMREAD_UNCHANGED  # neither alpha nor grey gets lost
    pixels = cv2.imdecode(np.frombuffer(content, np.uint8), flags)
    if pixels is None or pixels.dtype != np.uint16:
        found = 'nothing' if pixels is None else pixels.dtype
        raise InputError(
            f'Expected 16-bit pixels of mode {image.mode}, OpenCV finds '
            f'{found}: convert the file to 8 bits.'
        )
    # Of TIFF files, OpenCV and Pillow have applied it, and Pillow forgets it.
    orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
    pixels = _upright(pixels, orientation)
    pixels, alpha = _split(pixels, image)
    if premultiplied and alpha is not None:
        pixels = _divided(pixels, alpha)
    return Decoded(
        pixels, alpha, image.mode, image.info.get('icc_profile'), notes
    )


def _upright(pixels, orientation):
    if orientation not in _UPRIGHT:
        return pixels
    swap, vertical, horizontal = _UPRIGHT[orientation]
    if swap:
        pixels = pixels.swapaxes(0, 1)
    if vertical:
        pixels = pixels[::-1]
    if horizontal:
        pixels = pixels[:, ::-1]
    return pixels


def _split(pixels, image):
    """Colours and alpha of what OpenCV has read."""
    gray = image.mode.startswith(('I;16', 'L'))
    alpha = None
    if pixels.ndim == 3:
        if pixels.shape[2] == 4 and 'A' in image.getbands():
            alpha = np.ascontiguousarray(pixels[..., 3])
        # BGR, perhaps with a fourth channel, to RGB
        pixels = pixels[..., 0] if gray else pixels[..., 2::-1]
    key = image.info.get('transparency')  # one colour of PNG files
    if alpha is None and isinstance(key, (int, tuple)):
        hit = pixels == np.asarray(key, np.uint16)
        hit = hit if gray else hit.all(-1)
        alpha = np.where(hit, np.uint16(0), np.uint16(65535))
    return np.ascontiguousarray(pixels), alpha


def _divided(pixels, alpha):
    """Colours whose alpha was multiplied in, as some TIFF files have it."""
    share = np.maximum(alpha, 1)[..., None] / np.float32(65535)
    return np.rint(np.minimum(pixels / share, 65535)).astype(np.uint16)
