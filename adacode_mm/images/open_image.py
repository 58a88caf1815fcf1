"""An image file opened by Pillow, errors told as sentences."""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image

from adacode_mm.core.exceptions import InputError

# Decoding so many takes 1 GB; 7680x4320 has 33 million.
MAX_PIXELS = 2**27


@contextmanager
def open_image(content: bytes) -> Iterator[Image.Image]:
    """Open an image; whatever goes wrong in the block becomes a sentence.

    Args:
        content: Content of an image file.

    Yields:
        The image, its pixels not yet decoded.

    Raises:
        InputError: If it is no image, is damaged or cut off, or has more
            than `MAX_PIXELS` pixels.
    """
    if not content:
        raise InputError('The file is empty: expected an image, got 0 bytes.')
    with damage_in_sentences(), Image.open(io.BytesIO(content)) as image:
        check_size(image)
        yield image


@contextmanager
def damage_in_sentences() -> Iterator[None]:
    """Turn what Pillow raises for unusable images into an `InputError`."""
    with warnings.catch_warnings():
        # Of large images, though the limit here is another one, and of odd
        # metadata, which nothing here depends on.
        warnings.simplefilter('ignore', UserWarning)
        warnings.simplefilter('ignore', Image.DecompressionBombWarning)
        try:
            yield
        except (InputError, MemoryError):
            raise
        except Image.UnidentifiedImageError:
            raise InputError(
                'The file is not an image of a kind that can be read: '
                'expected pixels of 8 or 16 bits, no floating-point numbers, '
                'in PNG, JPEG, TIFF, WebP or BMP.'
            ) from None
        except Image.DecompressionBombError:
            raise InputError(_too_large('more')) from None
        # Pillow's decoders raise anything for damaged files.
        except Exception as error:
            cause = str(error).splitlines()[0] if str(error) else repr(error)
            raise InputError(
                f'The image is damaged or cut off: {cause}.'
            ) from None


def check_size(image: Image.Image) -> None:
    """Refuse an image of too many pixels, before they are decoded."""
    if image.width * image.height > MAX_PIXELS:
        raise InputError(_too_large(f'{image.width}x{image.height}'))


def _too_large(found):
    limit = MAX_PIXELS // 10**6
    return (
        f'The image has too many pixels: expected at most {limit} million, '
        f'found {found}; cut it into parts.'
    )
