"""Read an image file of any usual kind as 8-bit RGB."""

import io
import warnings
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageCms, ImageOps

from adacode_mm.exceptions import InputError

# Decoding so many takes 1 GB; 7680x4320 has 33 million.
MAX_PIXELS = 2**27


def read_image(path: str | Path) -> tuple[np.ndarray, list[str]]:
    """Read the pixels of an image file as they are meant to be seen.

    16 bits are scaled to 8 (65535 becomes 255), grey and palette images
    become RGB, CMYK goes through its colour profile if there is one, the
    orientation of EXIF is applied. As when OpenCV reads a training set, an
    RGB profile is not.

    Args:
        path: An image file.

    Returns:
        The image (H, W, 3), uint8, RGB; and remarks on what was dropped,
        empty for an ordinary file.

    Raises:
        InputError: If it is no image, is damaged or cut off, has pixels of
            another kind or more than `MAX_PIXELS` of them.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise InputError(
            f'The file cannot be read: {error.strerror}.'
        ) from None
    return decode_image(content)


def decode_image(content: bytes) -> tuple[np.ndarray, list[str]]:
    """As `read_image`, from the bytes of a file."""
    notes = []
    with warnings.catch_warnings():
        # Of large images, though the limit here is another one, and of odd
        # metadata, which nothing here depends on.
        warnings.simplefilter('ignore', UserWarning)
        warnings.simplefilter('ignore', Image.DecompressionBombWarning)
        try:
            with Image.open(io.BytesIO(content)) as image:
                _check_size(image)
                deep = _has_16_bits(image)
                image.load()  # to the end: OpenCV fills with grey what lacks
                if getattr(image, 'n_frames', 1) > 1:
                    notes.append(f'the first of {image.n_frames} pictures.')
                if _is_transparent(image):
                    notes.append('transparency was dropped.')
                if deep:
                    return _decode_16_bits(content, image), notes
                return _to_rgb(image, notes), notes
        except InputError:
            raise
        except Image.UnidentifiedImageError:
            raise InputError(
                'The file is not an image of a kind that can be read.'
            ) from None
        except Image.DecompressionBombError:
            raise InputError(_too_large('more')) from None
        except MemoryError:
            raise
        # Pillow's decoders raise anything for damaged files.
        except Exception as error:
            cause = str(error).splitlines()[0] if str(error) else repr(error)
            raise InputError(
                f'The image is damaged or cut off: {cause}.'
            ) from None


def _check_size(image):
    pixels = image.width * image.height
    if pixels > MAX_PIXELS:
        raise InputError(_too_large(f'{image.width}x{image.height}'))


def _too_large(found):
    limit = MAX_PIXELS // 10**6
    return (
        f'The image has too many pixels: expected at most {limit} million, '
        f'found {found}; cut it into parts.'
    )


def _has_16_bits(image):
    # Pillow reads RGB of 16 bits as RGB of 8; its decoder's name tells.
    return image.mode.startswith('I;16') or ';16' in str(image.tile)


def _is_transparent(image):
    if 'transparency' in image.info and not image.mode.startswith('I'):
        image = image.convert('RGBA')
    if 'A' not in image.getbands():
        return False
    return image.getchannel('A').getextrema()[0] < 255


def _decode_16_bits(content, image):
    flags = cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH
    pixels = cv2.imdecode(np.frombuffer(content, np.uint8), flags)
    if pixels is None or pixels.dtype != np.uint16:
        found = 'nothing' if pixels is None else pixels.dtype
        raise InputError(
            f'Expected 16-bit pixels of mode {image.mode}, OpenCV finds '
            f'{found}: convert the file to 8 bits.'
        )
    pixels = cv2.convertScaleAbs(pixels, alpha=1 / 257)  # 65535 to 255
    return cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)


def _to_rgb(image, notes):
    if image.mode in ('I', 'F'):
        raise InputError(
            f'The image has pixels of mode {image.mode} (32 bits): expected '
            '8 or 16 bits; convert the file.'
        )
    ImageOps.exif_transpose(image, in_place=True)
    if image.mode == 'CMYK':
        image = _from_cmyk(image, notes)
    if image.mode != 'RGB':
        image = image.convert('RGB')
    return np.asarray(image)


def _from_cmyk(image, notes):
    profile = image.info.get('icc_profile')
    if profile:
        try:
            return ImageCms.profileToProfile(
                image,
                ImageCms.ImageCmsProfile(io.BytesIO(profile)),
                ImageCms.createProfile('sRGB'),
                outputMode='RGB',
            )
        except (ImageCms.PyCMSError, OSError):
            pass  # a broken profile: as if there were none
    notes.append('CMYK without a colour profile: colours are approximate.')
    return image.convert('RGB')
