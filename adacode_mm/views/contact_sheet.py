"""Many small pictures with captions on one sheet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from adacode_mm.core.exceptions import InputError

TITLE_SIZE = 18
FONT_SIZE = 11
LINE_HEIGHT = 14
BAR_HEIGHT = 8
GAP = 8
BACKGROUND = (255, 255, 255)
INK = (30, 30, 30)


@dataclass(frozen=True)
class Tile:
    """One picture of a contact sheet.

    Args:
        picture: uint8 RGB (H, W, 3).
        lines: Text below it; a line that is too long loses its middle.
        shares: Name of a colour of the legend -> its share of a bar below
            the picture, in [0, 1].
    """

    picture: np.ndarray
    lines: Sequence[str] = ()
    shares: Mapping[str, float] | None = None


def contact_sheet(
    tiles: Sequence[Tile],
    title: str,
    legend: Mapping[str, tuple[int, int, int]] | None = None,
    columns: int = 8,
    size: int = 160,
    height: int | None = None,
) -> np.ndarray:
    """Lay out pictures row by row, each fitted into a box.

    Args:
        tiles: The pictures; there may be none.
        title: Line above all of them.
        legend: Name -> RGB colour of the bars, shown below the title.
        columns: Pictures in a row.
        size: Width of the boxes in pixels.
        height: Height of the boxes; by default, they are squares.

    Returns:
        uint8 RGB (height, width, 3); the width is that of `columns` boxes
        with gaps of 8 pixels around them, more if title or legend need it.

    Raises:
        InputError: If a picture is not uint8 (H, W, 3).
    """
    legend = legend or {}
    box = (size, height or size)
    line_count = max((len(tile.lines) for tile in tiles), default=0)
    bar = BAR_HEIGHT if legend else 0
    step = box[1] + bar + line_count * LINE_HEIGHT + GAP
    top = GAP + TITLE_SIZE + GAP + (LINE_HEIGHT + GAP if legend else 0)
    font = ImageFont.load_default(size=FONT_SIZE)
    title_font = ImageFont.load_default(size=TITLE_SIZE)
    width = max(
        columns * (size + GAP) + GAP,
        int(title_font.getlength(title)) + 2 * GAP,
        _legend_width(legend, font),
    )
    rows = -(-len(tiles) // columns)
    sheet = Image.new('RGB', (width, top + rows * step + GAP), BACKGROUND)
    draw = ImageDraw.Draw(sheet)
    draw.text((GAP, GAP), title, INK, title_font)
    _draw_legend(draw, legend, font)
    for number, tile in enumerate(tiles):
        x = GAP + number % columns * (size + GAP)
        y = top + number // columns * step
        picture = _fitted(tile.picture, box)
        inset = [(b - p) // 2 for b, p in zip(box, picture.size, strict=True)]
        sheet.paste(picture, (x + inset[0], y + inset[1]))
        _draw_bar(draw, tile.shares or {}, legend, (x, y + box[1]), size)
        for n, line in enumerate(tile.lines):
            place = (x, y + box[1] + bar + n * LINE_HEIGHT)
            draw.text(place, _shortened(line, font, size), INK, font)
    return np.array(sheet)


def _fitted(picture, box):
    if picture.dtype != np.uint8 or picture.shape[2:] != (3,):
        raise InputError(
            f'A picture must be uint8 of shape (H, W, 3), got '
            f'{picture.dtype} of shape {picture.shape}.'
        )
    height, width = picture.shape[:2]
    scale = min(box[0] / width, box[1] / height)
    target = [max(1, round(side * scale)) for side in (width, height)]
    # Averages where it shrinks; never invents detail where it enlarges.
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_NEAREST
    return Image.fromarray(cv2.resize(picture, target, interpolation=method))


def _draw_bar(draw, shares, legend, corner, width):
    x, y = corner
    start = 0.0
    for name, color in legend.items():
        end = start + shares.get(name, 0.0)
        left, right = (x + round(width * place) for place in (start, end))
        if right > left:
            draw.rectangle(
                (left, y + 1, right - 1, y + BAR_HEIGHT - 2), fill=color
            )
        start = end


def _legend_width(legend, font):
    entries = [font.getlength(name) + LINE_HEIGHT + 2 * GAP for name in legend]
    return int(sum(entries)) + GAP


def _draw_legend(draw, legend, font):
    x, y = GAP, 2 * GAP + TITLE_SIZE
    for name, color in legend.items():
        draw.rectangle((x, y + 2, x + 10, y + 12), fill=color)
        draw.text((x + LINE_HEIGHT, y), name, INK, font)
        x += font.getlength(name) + LINE_HEIGHT + 2 * GAP


def _shortened(text, font, width):
    if font.getlength(text) <= width:
        return text
    keep = len(text) - 1
    while keep > 2:
        short = f'{text[: keep // 2]}...{text[len(text) - keep // 2 :]}'
        if font.getlength(short) <= width:
            return short
        keep -= 1
    return text[:1]
