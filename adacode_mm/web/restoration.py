"""One restoration, from an upload to the files that the page shows."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from adacode_mm.images.picture import Picture
from adacode_mm.images.write_picture import write_picture
from adacode_mm.restoring.inspection import Inspection
from adacode_mm.restoring.restorer import Restorer
from adacode_mm.views.codebook_names import codebook_names

from .used_codes import code_map, used_codes, used_codes_sheet
from .weight_gallery import weight_gallery

SHOWN_SIDE = 2400  # pixels; a screen shows no more


class Restored(NamedTuple):
    """Files of a finished restoration.

    Attributes:
        file: The result, PNG, with the depth and transparency of the upload.
        before: The upload, enlarged to the size of `after` (bicubic), PNG.
        after: The result as a screen shows it: 8 bits, on white, at most
            `SHOWN_SIDE` pixels a side; otherwise the same pixels.
        summary: One line on what was done.
    """

    file: Path
    before: Path
    after: Path
    summary: str


class Insight(NamedTuple):
    """What the network decided, as pictures with captions.

    Attributes:
        weights: Pictures of the weight map with captions; empty for a model
            with one codebook.
        weight_limit: What full colours stand for in those.
        maps: Which code is where, with captions, one per codebook.
        codes: Sheet of the codes that are used most, uint8 RGB.
        usage: Markdown table: codes used and perplexity of each codebook.
    """

    weights: list[tuple[np.ndarray, str]]
    weight_limit: float
    maps: list[tuple[np.ndarray, str]]
    codes: np.ndarray
    usage: str


def restore_to_files(
    restorer: Restorer,
    picture: Picture,
    mask: np.ndarray | Path | None,
    stem: str,
    folder: Path,
    progress: Callable[[float, str], None],
) -> tuple[Restored, Inspection]:
    """Restore a picture and write what the page shows.

    Args:
        restorer: The model.
        picture: What was uploaded.
        mask: True or nonzero where it is to be filled in, an array (H, W) or
            a file; None for other tasks.
        stem: Name of the result without its end.
        folder: Gets the files.
        progress: Called with a share in [0, 1] and a message.

    Returns:
        The files, and what the network decided.

    Raises:
        InputError: If the picture or the mask does not fit the model.
    """
    start = time.monotonic()
    result, inspection = restorer.restore_and_inspect(
        picture, mask, progress=progress
    )
    seconds = time.monotonic() - start
    progress(1.0, 'Writing the result')
    ending = f'x{restorer.scale}' if restorer.scale > 1 else restorer.task
    file = folder / f'{stem}_{ending}.png'
    write_picture(file, result)
    before, after = folder / 'before.png', folder / 'after.png'
    size = _shown_size(result.pixels)
    write_picture(before, shown(picture, size))
    write_picture(after, shown(result, size))
    height, width = result.pixels.shape[:2]
    summary = f'{width} x {height} pixels in {seconds:.1f} s'
    summary += f' on {restorer.device}'
    summary += ', 16 bits' if result.bits == 16 else ''
    summary += ', with transparency' if result.alpha is not None else ''
    lines = [summary + '.', *picture.notes, *result.notes]
    text = '  \n'.join(dict.fromkeys(lines))
    return Restored(file, before, after, text), inspection


def insight(restorer: Restorer, inspection: Inspection) -> Insight | None:
    """Pictures of the weights and codes of a restoration.

    None for a network without codes, or if its result says none.

    Args:
        restorer: The model.
        inspection: From `restore_to_files`.
    """
    codes = restorer.codes
    if codes is None:
        return None
    stated = restorer.info.codebooks
    weights, limit = [], 0.0
    if inspection.weight is not None:
        weights, limit = weight_gallery(inspection.weight, stated)
    books = [
        (indices, total)
        for indices, total in zip(inspection.indices, codes.sizes, strict=True)
    ]
    used = [used_codes(*book) for book in books]
    names = (
        codebook_names(len(books), stated) if len(books) > 1 else ['codebook']
    )
    maps = [
        (code_map(*book), name)
        for book, name in zip(books, names, strict=True)
    ]
    rows = ['| | codes used | perplexity |', '|:--|--:|--:|']
    rows += [
        f'| {name} | {len(one.codes)} of {one.total} | {one.perplexity:.1f} |'
        for name, one in zip(names, used, strict=True)
    ]
    sheet = used_codes_sheet(codes, restorer.device, used, names)
    return Insight(weights, limit, maps, sheet, '\n'.join(rows))


def shown(picture: Picture, size: tuple[int, int]) -> Picture:
    """A picture as a screen shows it: 8 bits, on white, of a given size.

    Args:
        picture: Any.
        size: Width and height; a picture of that size keeps its pixels.
    """
    pixels = picture.pixels
    if picture.alpha is not None:
        alpha = picture.alpha[..., None]
        pixels = pixels * alpha + (1 - alpha)
    if size != pixels.shape[1::-1]:
        smaller = size[0] < pixels.shape[1]
        method = cv2.INTER_AREA if smaller else cv2.INTER_CUBIC
        pixels = cv2.resize(pixels, size, interpolation=method).clip(0, 1)
    return picture._replace(pixels=pixels, alpha=None, bits=8, gray=False)


def _shown_size(pixels):
    height, width = pixels.shape[:2]
    factor = min(1.0, SHOWN_SIDE / max(height, width))
    return max(1, round(width * factor)), max(1, round(height * factor))
