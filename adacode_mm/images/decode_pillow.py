"""The integers that an image of Pillow holds."""

import io

import numpy as np
from PIL import Image, ImageCms, ImageOps

from adacode_mm.core.exceptions import InputError

from .decoded import Decoded
from .open_image import check_size, damage_in_sentences

# Kinds of pixels to what they are converted to; others are refused.
_AS = {
    '1': 'L',
    'L': 'L',
    'LA': 'LA',
    'La': 'LA',
    'P': 'RGB',
    'PA': 'RGBA',
    'RGB': 'RGB',
    'RGBX': 'RGB',
    'RGBA': 'RGBA',
    'RGBa': 'RGBA',
    'YCbCr': 'RGB',
    'HSV': 'RGB',
}


def decode_pillow(image: Image.Image) -> Decoded:
    """Decode an image of Pillow, upright as its EXIF data says.

    Args:
        image: Of 8 bits a value, or grey of 16 bits (`I;16`).

    Raises:
        InputError: If its file is damaged or cut off, or it has pixels of
            another kind or too many of them.
    """
    with damage_in_sentences():
        check_size(image)
        mode = image.mode
        upright = ImageOps.exif_transpose(image)
        profile = image.info.get('icc_profile')
        if mode.startswith('I;16'):
            pixels = np.asarray(upright).astype(np.uint16)
            return Decoded(pixels, None, mode, profile, [])
        if mode == 'CMYK':
            upright, notes = _from_cmyk(upright, profile)
            return Decoded(np.asarray(upright), None, mode, None, notes)
        array = np.asarray(upright.convert(_target(image)))
    if mode in ('1', 'L', 'LA', 'La'):
        array, alpha = (array, None) if array.ndim == 2 else _last(array)
    else:
        array, alpha = (array, None) if array.shape[2] == 3 else _last(array)
    return Decoded(array, alpha, mode, profile, [])


def _target(image):
    if image.mode not in _AS:
        wide = ' (32 bits)' if image.mode in ('I', 'F') else ''
        raise InputError(
            f'The image has pixels of mode {image.mode}{wide}: expected '
            'grey, RGB, palette or CMYK of 8 or 16 bits; convert the file.'
        )
    target = _AS[image.mode]
    if 'transparency' in image.info:  # one colour, or entries of a palette
        target = {'L': 'LA', 'RGB': 'RGBA'}.get(target, target)
    return target


def _last(array):
    """Colours and alpha; one channel of grey has no third axis."""
    colours = array[..., :-1]
    if colours.shape[2] == 1:
        colours = colours[..., 0]
    return np.ascontiguousarray(colours), np.ascontiguousarray(array[..., -1])


def _from_cmyk(image, profile):
    if profile:
        try:
            return to_srgb(image, profile), []
        except (ImageCms.PyCMSError, OSError):
            pass  # a broken profile: as if there were none
    return image.convert('RGB'), [
        'CMYK without a colour profile: colours are approximate.'
    ]


def to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Convert an image from its colour profile to RGB in sRGB.

    Raises:
        ImageCms.PyCMSError, OSError: If the profile is broken or belongs to
            another kind of pixels.
    """
    return ImageCms.profileToProfile(
        image,
        ImageCms.ImageCmsProfile(io.BytesIO(profile)),
        ImageCms.createProfile('sRGB'),
        outputMode='RGB',
    )
