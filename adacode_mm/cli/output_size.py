"""The size of a result, where it is not the one that the network gives."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from adacode_mm.images.picture import Picture


@dataclass(frozen=True)
class OutputSize:
    """Exactly one of both.

    Args:
        scale: Times the size of the image.
        width: In pixels; the height follows.
    """

    scale: float | None = None
    width: int | None = None

    def __str__(self):
        return f'x{self.scale:g}' if self.width is None else f'{self.width}w'

    def reached(self, picture: 'Picture', given: tuple[int, int]) -> 'Picture':
        """A picture resampled to this size, as float before it is rounded.

        Args:
            picture: What the network gave.
            given: Height and width of the image that it was given.
        """
        from adacode_mm.images.resample import resampled

        height, width = given
        scale = self.scale or self.width / width
        size = max(1, round(height * scale)), max(1, round(width * scale))
        if self.width is not None:
            size = size[0], self.width
        if size == picture.pixels.shape[:2]:
            return picture
        return resampled(picture, size)
