"""Whatever decoders raise for unusable files, as sentences."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image

from adacode_mm.core.exceptions import InputError

# Decoding so many takes 1 GB; 7680x4320 has 33 million.
MAX_PIXELS = 2**27


@contextmanager
def damage_in_sentences() -> Iterator[None]:
    """Turn what decoders raise for unusable images into an `InputError`."""
    with warnings.catch_warnings():
        # Of large images, though the limit here is another one, and of odd
        # metadata, which nothing here depends on.
        warnings.simplefilter('ignore', UserWarning)
        warnings.simplefilter('ignore', Image.DecompressionBombWarning)
        try:
            yield
        except (InputError, MemoryError, ImportError):
            raise
        except Image.DecompressionBombError:
            raise InputError(_too_large('more')) from None
        except Image.UnidentifiedImageError:
            raise InputError(
                'The image is damaged or cut off: its header makes no sense.'
            ) from None
        # Decoders raise anything for damaged files.
        except Exception as error:
            cause = str(error).splitlines()[0] if str(error) else repr(error)
            raise InputError(
                f'The image is damaged or cut off: {cause}.'
            ) from None


def check_size(height: int, width: int) -> None:
    """Refuse an image of too many pixels, before they are decoded."""
    if height * width > MAX_PIXELS:
        raise InputError(_too_large(f'{width}x{height}'))


def _too_large(found):
    limit = MAX_PIXELS // 10**6
    return (
        f'The image has too many pixels: expected at most {limit} million, '
        f'found {found}; cut it into parts.'
    )
