"""A line of text above a picture."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

FONT_SIZE = 14
LINE_HEIGHT = 20
MARGIN = 2


def captioned(picture: np.ndarray, text: str) -> np.ndarray:
    """Put a line of black text on white above a picture.

    Args:
        picture: uint8 RGB (H, W, 3).
        text: One line of text.

    Returns:
        uint8 RGB (H + 20, W', 3): the picture at the bottom left, W' wider
        than W (white) where the text needs it.
    """
    height, width = picture.shape[:2]
    font = ImageFont.load_default(size=FONT_SIZE)
    text_width = int(np.ceil(font.getlength(text))) + 2 * MARGIN
    size = (max(width, text_width), LINE_HEIGHT)
    line = Image.new('RGB', size, 'white')
    ImageDraw.Draw(line).text((MARGIN, MARGIN), text, 'black', font)
    canvas = np.full((LINE_HEIGHT + height, size[0], 3), 255, np.uint8)
    canvas[:LINE_HEIGHT] = line
    canvas[LINE_HEIGHT:, :width] = picture
    return canvas
