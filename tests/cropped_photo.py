"""Photographs small enough to restore in no time."""

from pathlib import Path

from PIL import Image

PHOTO = Path(__file__).parent / 'data' / 'photos' / 'astronaut_256.png'


def photo(number=0, size=(48, 32), mode='RGB'):
    """A part of a photograph, another one for each number."""
    left, top = 7 * number % 200, 50 + 3 * number % 150
    box = (left, top, left + size[0], top + size[1])
    with Image.open(PHOTO) as image:
        return image.crop(box).convert(mode)
