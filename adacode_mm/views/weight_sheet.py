"""The weight map of one image, to be read without a manual."""

from collections.abc import Sequence

import cv2
import matplotlib as mpl
import numpy as np
from torch import Tensor

from adacode_mm.core.exceptions import InputError

from .codebook_names import codebook_names
from .contact_sheet import Tile, contact_sheet
from .signed_colors import COLORS, signed_colors

COLUMNS = 3
SIDE = 320
LARGE_SIDE = 480  # where there are two pictures only
# Share of the colour in a picture of who leads where.
_TINT = 0.5


def weight_sheet(
    image: np.ndarray,
    weight: Tensor,
    names: Sequence[str] | None = None,
    title: str = '',
    scale: int = 8,
) -> np.ndarray:
    """The image, then one map for each codebook, with names and numbers.

    All maps have one scale, symmetric about 0: blue is negative, white is
    zero, red is positive. Below each one stand its mean and the share of the
    area where it leads (see `leading_codebook`).

    Args:
        image: Restored image, uint8 RGB (H, W, 3).
        weight: Weight map (K, h, w) of its area.
        names: Of the codebooks; see `codebook_names`.
        title: Line above all of them.
        scale: Pixels of the image per weight and direction.

    Returns:
        uint8 RGB, 3 pictures in a row, each fitted into 320 x 320 pixels.

    Raises:
        InputError: If the map has another shape or the names do not fit.
    """
    maps = _array(weight)
    names = codebook_names(len(maps), names)
    pictures, limit = signed_colors(maps)
    shares = _shares(leading_codebook(weight), len(maps))
    tiles = [Tile(image, ['restored image'])]
    for name, values, colors, share in zip(
        names, maps, pictures, shares, strict=True
    ):
        lines = [name, f'mean {values.mean():+.2f}, leads in {share:.0%}']
        tiles.append(Tile(_as_large(colors, scale, image), lines))
    legend = {
        f'{value:+.3g}' if value else '0': _color(position)
        for position, value in ((0, -limit), (128, 0.0), (255, limit))
    }
    return contact_sheet(
        tiles, title, legend, COLUMNS, SIDE, _height(image, SIDE)
    )


def leading_codebook(weight: Tensor) -> np.ndarray:
    """Which codebook has the weight of the largest absolute value.

    Args:
        weight: Weight map (K, h, w) of one image; weights have either sign,
            and a negative one takes part as much as a positive one.

    Returns:
        (h, w), int64; the first one of equals.
    """
    return np.abs(_array(weight)).argmax(0)


def leading_sheet(
    image: np.ndarray,
    weight: Tensor,
    names: Sequence[str] | None = None,
    title: str = '',
    scale: int = 8,
) -> np.ndarray:
    """The image, and beside it in colours which codebook leads where.

    Args:
        image: Restored image, uint8 RGB (H, W, 3).
        weight: Weight map (K, h, w) of its area.
        names: Of the codebooks; see `codebook_names`.
        title: Line above both.
        scale: Pixels of the image per weight and direction.

    Returns:
        uint8 RGB: two pictures, fitted into 480 x 480 pixels, a legend of
        the colours above them and their shares as a bar below the second.

    Raises:
        InputError: If the map has another shape or the names do not fit.
    """
    leading = leading_codebook(weight)
    names = codebook_names(len(weight), names)
    palette = _palette(len(names))
    tint = _as_large(palette[leading], scale, image).astype(np.float32)
    gray = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    mixture = _TINT * tint + (1 - _TINT) * gray[..., None]
    shares = dict(zip(names, _shares(leading, len(names)), strict=True))
    numbers = ', '.join(
        f'{name} {share:.0%}' for name, share in shares.items()
    )
    tiles = [
        Tile(image, ['restored image']),
        Tile(mixture.round().astype(np.uint8), [numbers], shares),
    ]
    legend = {
        name: tuple(int(c) for c in color)
        for name, color in zip(names, palette, strict=True)
    }
    return contact_sheet(
        tiles, title, legend, 2, LARGE_SIDE, _height(image, LARGE_SIDE)
    )


def _array(weight):
    if weight.ndim != 3 or weight.numel() == 0:
        raise InputError(
            f'Expected the weight map of one image, (K, h, w), got a tensor '
            f'of shape {tuple(weight.shape)}: pass one image of the batch.'
        )
    return weight.detach().float().cpu().numpy()


def _height(image, side):
    """Of a box that leaves no room above a picture as wide as it is."""
    height, width = image.shape[:2]
    return max(1, min(side, round(side * height / width)))


def _shares(leading, count):
    return np.bincount(leading.ravel(), minlength=count) / leading.size


def _as_large(picture, scale, image):
    """Enlarged as the decoder enlarges, cropped like the image."""
    height, width = image.shape[:2]
    large = picture.repeat(scale, axis=0).repeat(scale, axis=1)
    if large.shape[0] < height or large.shape[1] < width:
        raise InputError(
            f'Expected a weight map that covers the image of {width}x{height} '
            f'pixels, got {picture.shape[1]}x{picture.shape[0]} weights of '
            f'{scale} pixels each.'
        )
    return large[:height, :width]


def _color(level):
    return mpl.colormaps[COLORS](level, bytes=True)[:3]


def _palette(count):
    """Distinct colours; readable for the colour-blind up to eight."""
    eight = [
        (230, 159, 0),
        (86, 180, 233),
        (0, 158, 115),
        (240, 228, 66),
        (0, 114, 178),
        (213, 94, 0),
        (204, 121, 167),
        (90, 90, 90),
    ]
    if count <= len(eight):
        return np.array(eight[:count], np.uint8)
    hues = np.linspace(0, 255, count).round().astype(int)
    return mpl.colormaps['turbo'](hues, bytes=True)[:, :3]
