"""TIFF files of every layout, depth and compression that tifffile knows."""

import io
import math

import numpy as np

from adacode_mm.core.exceptions import InputError

from .metadata import read_metadata
from .samples import ALPHA, Layout, Samples, full_range

_XMP = 700
_EXTRA_SAMPLES = 338
_ASSOCIATED, _UNASSOCIATED = 1, 2
_INTEGERS = (1, 4)  # unsigned, undefined
_JPEG = 7
# Photometric interpretation to what a pixel has, and how much of it.
_SAMPLES = {
    'MINISWHITE': ('gray', 1),
    'MINISBLACK': ('gray', 1),
    'RGB': ('RGB', 3),
    'PALETTE': ('palette', 1),
    'SEPARATED': ('CMYK', 4),
    'YCBCR': ('RGB', 3),  # of a JPEG, which its decoder makes RGB
}


def tiff_layout(content: bytes) -> Layout:
    """Layout of the first picture."""
    from tifffile import TiffFile

    with TiffFile(io.BytesIO(content)) as file:
        return _layout(file.pages[0])


def _layout(page):
    height, width = page.imagelength, page.imagewidth
    kind = getattr(page.photometric, 'name', str(page.photometric))
    samples, count = _SAMPLES.get(kind, (kind, 0))
    if kind == 'YCBCR' and page.compression != _JPEG:
        samples = 'YCbCr'
    if page.sampleformat not in _INTEGERS:
        samples = f'{samples} (floating point or signed)'
    if page.imagedepth > 1:
        samples = f'{samples} (volume)'
    if page.is_reduced:
        samples = f'{samples} (a preview, as of raw camera files)'
    if count and _alpha_of(page, count) is not None:
        samples += ALPHA
    elif samples == 'gray' and page.samplesperpixel > 2:
        samples = f'{page.samplesperpixel} bands'
    bits = page.bitspersample
    return Layout(samples, bits, int(height), int(width))


def _alpha_of(page, count):
    """Which sample is opacity, and whether it is multiplied in; or None."""
    extra = [int(each) for each in page.extrasamples]
    if _EXTRA_SAMPLES not in page.tags and page.samplesperpixel == count + 1:
        return count, False  # the tag is missing, as some programs do
    for number, each in enumerate(extra):
        if each in (_ASSOCIATED, _UNASSOCIATED):
            return count + number, each == _ASSOCIATED
    return None


def decode_tiff(content: bytes) -> Samples:
    """The first picture of a TIFF file.

    Raises:
        InputError: If strips or tiles are not in the file.
    """
    from tifffile import TiffFile

    notes: list[str] = []
    with TiffFile(io.BytesIO(content)) as file:
        page = file.pages[0]
        _check_segments(page, len(content))
        values = page.asarray(squeeze=False, maxworkers=1)  # (S, 1, H, W, C)
        values = np.moveaxis(values[:, 0], 0, 2)
        values = values.reshape(*values.shape[:2], -1)
        if values.dtype == bool:
            values = values.astype(np.uint8)
        layout = _layout(page)
        bits = page.bitspersample
        top, base = 2**bits - 1, layout.samples.removesuffix(ALPHA)
        count = {'gray': 1, 'palette': 1, 'CMYK': 4}.get(base, 3)
        place = _alpha_of(page, count)
        colors = values[..., :count]
        alpha = None if place is None else values[..., place[0]]
        if values.shape[2] > count + (alpha is not None):
            notes.append('Samples besides colour and opacity were left out.')
        if page.photometric.name == 'MINISWHITE':
            colors = top - colors
        if base == 'palette':
            table = np.asarray(page.colormap).T >> 8
            colors = table.astype(np.uint8)[colors[..., 0]]
            alpha = None if alpha is None else full_range(alpha, top)
            base, top = 'RGB', 255
        if alpha is not None:
            alpha = alpha.astype(colors.dtype)[..., None]
            colors = np.concatenate([colors, alpha], -1)
        if len(file.pages) > 1:
            notes.append(f'the first of {len(file.pages)} pictures.')
        profile = page.iccprofile
        xmp = page.tags.valueof(_XMP)
    metadata, orientation, more = read_metadata(content, xmp)
    return Samples(
        colors,
        top,
        base + ALPHA * (alpha is not None),
        profile,
        orientation,
        metadata,
        (*notes, *more),
        place is not None and place[1],
    )


def check_tiff(content: bytes) -> None:
    """Find out, by the header, whether the first picture is complete.

    Raises:
        InputError: If strips or tiles are not in the file.
    """
    from tifffile import TiffFile

    with TiffFile(io.BytesIO(content)) as file:
        _check_segments(file.pages[0], len(content))


def _check_segments(page, size):
    """Where a strip is missing, tifffile would give black."""
    offsets, counts = page.dataoffsets, page.databytecounts
    expected = math.prod(page.chunked)
    if not len(offsets) == len(counts) == expected:
        raise InputError(
            f'The image is damaged: it needs {expected} strips or tiles, the '
            f'file lists {len(offsets)}.'
        )
    pairs = zip(offsets, counts, strict=True)
    for number, (offset, count) in enumerate(pairs, 1):
        if not count or offset + count > size:
            raise InputError(
                f'The image is damaged or cut off: of {expected} strips or '
                f'tiles, number {number} is not in the file.'
            )
