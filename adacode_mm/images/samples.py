"""What decoders give: samples as they are stored, and how to see them."""

import io
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageCms

from .picture import Metadata

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
_COLORS = {'gray': 1, 'RGB': 3, 'CMYK': 4}


class Layout(NamedTuple):
    """How an image is stored.

    Attributes:
        samples: 'gray', 'RGB', 'CMYK', 'palette' or what else a pixel is;
            `ALPHA` at the end if it has opacity, too.
        bits: Of a sample.
        height: As stored.
        width: As stored.
    """

    samples: str
    bits: int
    height: int
    width: int


ALPHA = '+alpha'


class Samples(NamedTuple):
    """Samples of an image as a decoder gives them.

    Attributes:
        values: (H, W) or (H, W, C), unsigned integers: gray, RGB or CMYK,
            opacity at the end; 0 is black, or no ink.
        top: The value of white.
        samples: As of `Layout`, never 'palette'.
        icc_profile: Colour profile of `values`.
        orientation: Of EXIF, 1 to 8.
        metadata: What else the file says.
        notes: Whole sentences about what was left out.
        premultiplied: Opacity is multiplied into the colours.
    """

    values: np.ndarray
    top: int
    samples: str
    icc_profile: bytes | None = None
    orientation: int = 1
    metadata: Metadata = Metadata()
    notes: tuple[str, ...] = ()
    premultiplied: bool = False


class Decoded(NamedTuple):
    """An upright image as its file stores it, or as near as possible.

    Attributes:
        pixels: (H, W) for grey images, else (H, W, 3), RGB; uint8 or uint16,
            all values are used: white is 255 or 65535.
        alpha: Opacity (H, W) of the same type, None without transparency.
        icc_profile: Colour profile that `pixels` belong to, None if the file
            has none or if it was used up by a conversion.
        metadata: What else the file says.
        notes: Whole sentences about what is not as in the file.
    """

    pixels: np.ndarray
    alpha: np.ndarray | None
    icc_profile: bytes | None
    metadata: Metadata
    notes: list[str]


def decoded(found: Samples) -> Decoded:
    """Pixels that can be seen: upright, RGB or grey, all values used."""
    values = full_range(_upright(found.values, found.orientation), found.top)
    base = found.samples.removesuffix(ALPHA)
    count = _COLORS[base]
    values = values.reshape(*values.shape[:2], -1)
    alpha = values[..., count] if found.samples.endswith(ALPHA) else None
    colors = values[..., 0] if count == 1 else values[..., :count]
    if found.premultiplied and alpha is not None:
        colors = _divided(colors, alpha)
    profile, notes = found.icc_profile, list(found.notes)
    if base == 'CMYK':
        colors, more = _from_cmyk(colors, profile)
        profile, notes = None, notes + more
        alpha = None if alpha is None else eight_bits(alpha)
    return Decoded(
        np.ascontiguousarray(colors),
        None if alpha is None else np.ascontiguousarray(alpha),
        profile,
        found.metadata,
        notes,
    )


def eight_bits(values: np.ndarray) -> np.ndarray:
    """uint16 rounded to uint8: 65535 becomes 255; uint8 as it is."""
    if values.dtype == np.uint8:
        return values
    # In place and without division by 257: (v * 255 + 32895) >> 16 rounds.
    wide = values.astype(np.uint32)
    wide *= 255
    wide += 32895
    wide >>= 16
    return wide.astype(np.uint8)


def full_range(values: np.ndarray, top: int) -> np.ndarray:
    """Integers up to `top` as uint8 up to 255, or uint16 up to 65535."""
    white, kind = (255, np.uint8) if top <= 255 else (65535, np.uint16)
    if top == white:
        return values.astype(kind, copy=False)
    table = np.rint(np.arange(top + 1) * (white / top)).astype(kind)
    return table[values]


def _upright(pixels, orientation):
    swap, vertical, horizontal = _UPRIGHT.get(orientation, (False,) * 3)
    if swap:
        pixels = pixels.swapaxes(0, 1)
    if vertical:
        pixels = pixels[::-1]
    return pixels[:, ::-1] if horizontal else pixels


def _divided(colors, alpha):
    """Colours whose alpha was multiplied in, as some files have it."""
    top = np.float32(np.iinfo(colors.dtype).max)
    share = np.maximum(alpha, 1) / top
    share = share[..., None] if colors.ndim == 3 else share
    return np.rint(np.minimum(colors / share, top)).astype(colors.dtype)


def _from_cmyk(colors, profile):
    notes = []
    if colors.dtype == np.uint16:
        notes.append('CMYK of 16 bits was read as 8 bits.')
    image = Image.fromarray(np.ascontiguousarray(eight_bits(colors)), 'CMYK')
    if profile:
        try:
            notes.append('CMYK was converted to sRGB.')
            return np.asarray(to_srgb(image, profile)), notes
        except (ImageCms.PyCMSError, OSError):
            notes.pop()  # a broken profile: as if there were none
    notes.append(
        'CMYK without a colour profile was converted: colours are approximate.'
    )
    return np.asarray(image.convert('RGB')), notes


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
