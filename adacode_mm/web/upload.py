"""What somebody dropped on the page: looked at before anything is computed."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from adacode_mm.core.exceptions import InputError
from adacode_mm.images.decode_file import decode_file, layout_of
from adacode_mm.images.picture import Picture
from adacode_mm.images.read_picture import picture_of, read_file

MILLION = 1_000_000


class Upload(NamedTuple):
    """An uploaded picture that can be read.

    Attributes:
        path: The file, as it was uploaded.
        stem: Name for the result, without a folder or suffix.
        width: Pixels, upright.
        height: Pixels, upright.
        facts: What to tell about it, such as '640 x 480, 16 bits, alpha'.
    """

    path: Path
    stem: str
    width: int
    height: int
    facts: str


def look_at(path: Path, max_pixels: int) -> tuple[Upload, Picture]:
    """Read an uploaded file.

    Args:
        path: The file.
        max_pixels: Largest picture, in pixels; told by its header, before
            its pixels need memory.

    Returns:
        What to keep of it, and its pixels.

    Raises:
        InputError: If it is no picture that can be read, or too large.
    """
    content = read_file(path)
    _check_size(layout_of(content), max_pixels)
    picture = picture_of(decode_file(content))
    height, width = picture.pixels.shape[:2]
    facts = [f'{width} x {height} pixels']
    facts += ['16 bits'] if picture.bits == 16 else []
    facts += ['gray'] if picture.gray else []
    facts += ['with transparency'] if picture.alpha is not None else []
    text = ', '.join(facts)
    return Upload(path, path.stem, width, height, text), picture


def check_result_size(upload: Upload, scale: int, max_pixels: int) -> None:
    """Refuse a result that this page would take too long for.

    Raises:
        InputError: If the result has more than `max_pixels`.
    """
    width, height = upload.width * scale, upload.height * scale
    if width * height > max_pixels:
        raise InputError(
            f'The result would have {width} x {height} pixels, more than '
            f'the {_millions(max_pixels)} that this page allows: choose a '
            'smaller picture or start the page with a higher --max-pixels.'
        )


def room_for(upload: Upload, scales: Sequence[int], max_pixels: int) -> str:
    """What to say about the scales that are too large for an upload.

    Args:
        upload: The picture.
        scales: Those that there are models for, ascending.
        max_pixels: Most pixels of a result.

    Returns:
        Sentences; none if all scales fit.
    """
    width, height = upload.width, upload.height
    fitting = [n for n in scales if width * height * n * n <= max_pixels]
    if len(fitting) == len(scales):
        return ''
    least = scales[len(fitting)]
    share = math.sqrt(max_pixels / (width * height)) / least
    said = (
        f'Too large here for x{least}, which takes at most '
        f'{int(width * share)} x {int(height * share)} pixels of this shape'
    )
    if fitting:
        return f'{said}; x{fitting[-1]} fits.'
    return f'{said}: make it smaller first, or raise --max-pixels.'


def painted_mask(editor: dict | None, width: int, height: int) -> np.ndarray:
    """Mask from the layers that were painted above a picture.

    Args:
        editor: Value of Gradio's image editor: `layers` are uint8 RGBA
            (h, w, 4), of another size if the picture was shown smaller.
        width: Of the mask.
        height: Of the mask.

    Returns:
        bool (height, width): True where anything was painted.

    Raises:
        InputError: If nothing was painted.
    """
    mask = np.zeros((height, width), bool)
    for layer in (editor or {}).get('layers') or []:
        alpha = Image.fromarray(np.ascontiguousarray(layer[..., 3]))
        # Nearest: a stroke ends where it was seen to end.
        alpha = alpha.resize((width, height), Image.Resampling.NEAREST)
        mask |= np.asarray(alpha) > 0
    if not mask.any():
        raise InputError(
            'Expected a mask, but nothing is painted: paint over what is to '
            'be filled in, or choose a mask file.'
        )
    return mask


def _check_size(layout, max_pixels):
    width, height = layout.width, layout.height
    if width * height > max_pixels:
        raise InputError(
            f'The picture has {width} x {height} pixels, more than the '
            f'{_millions(max_pixels)} that this page allows: choose a '
            'smaller one or start the page with a higher --max-pixels.'
        )


def _millions(pixels):
    if pixels < MILLION:
        return f'{pixels}'
    return f'{pixels / MILLION:.3g} million'
