"""Patches of one image: where they lie and what they show."""

from dataclasses import asdict, dataclass

import cv2
import numpy as np

from adacode_mm.core.exceptions import ConfigError
from adacode_mm.work.report import SkippedItem

from .seeds import generator_of


@dataclass(frozen=True)
class CropSettings:
    """How to cut.

    Args:
        size: Height and width of a patch.
        stride: Distance of the patches of an image; the last of each row and
            column moves back to the border instead.
        random_resize: Lowest and highest factor; then an image is resized by
            a random factor between them (bilinear, as the release does with
            FFHQ) and gives one patch at a random place. A factor that would
            leave less than `size` is not drawn.
        seed: With the name of an image, decides on its factor and place.
        backend: 'png' or 'lmdb'.

    Raises:
        ConfigError: If a number is out of range.
    """

    size: int = 512
    stride: int = 512
    random_resize: tuple[float, float] | None = None
    seed: int = 0
    backend: str = 'png'

    def __post_init__(self):
        for name in ('size', 'stride'):
            if getattr(self, name) < 1:
                raise ConfigError(
                    f'The {name} of patches must be at least 1, got '
                    f'{getattr(self, name)}.'
                )
        if self.seed < 0:
            raise ConfigError(f'seed must be at least 0, got {self.seed}.')
        low, high = self.random_resize or (1, 1)
        if not 0 < low <= high <= 1:
            raise ConfigError(
                'Factors of the random resize must be 0 < LOW <= HIGH <= 1, '
                f'got {low} and {high}.'
            )

    def relevant(self) -> dict:
        """What decides about the patches of an image, JSON-able."""
        settings = asdict(self)
        if self.random_resize is None:
            del settings['random_resize'], settings['seed']
        else:
            settings['random_resize'] = list(self.random_resize)
            del settings['stride']
        return settings


def patch_starts(length: int, size: int, stride: int) -> list[int]:
    """Where the patches along one axis begin, the last at the border.

    Args:
        length: Of the image; at least `size`.
        size: Of a patch.
        stride: Between the beginnings of patches.
    """
    starts = list(range(0, length - size + 1, stride))
    if starts[-1] + size < length:
        starts.append(length - size)
    return starts


def crop_image(
    image: np.ndarray, name: str, settings: CropSettings
) -> list[tuple[np.ndarray, dict]]:
    """Patches of one image.

    Args:
        image: (H, W, 3).
        name: Of its file; with the seed, the source of randomness.
        settings: How to cut.

    Returns:
        (patch, entry) by rows, then columns; the entry has `size`,
        `box` and `image_size` as in the manifest.

    Raises:
        SkippedItem: If the image is smaller than a patch.
    """
    size = settings.size
    height, width = image.shape[:2]
    if min(height, width) < size:
        raise SkippedItem(
            f'The image is {width}x{height}, smaller than a patch of '
            f'{size}x{size}.'
        )
    if settings.random_resize is None:
        corners = [
            (x, y)
            for y in patch_starts(height, size, settings.stride)
            for x in patch_starts(width, size, settings.stride)
        ]
    else:
        image, corner = _resize_at_random(image, name, settings)
        height, width = image.shape[:2]
        corners = [corner]
    return [
        (
            image[y : y + size, x : x + size],
            {
                'size': [size, size],
                'box': [x, y, size, size],
                'image_size': [width, height],
            },
        )
        for x, y in corners
    ]


def _resize_at_random(image, name, settings):
    low, high = settings.random_resize
    size = settings.size
    height, width = image.shape[:2]
    random = generator_of(name, settings.seed)
    low = max(low, size / min(height, width))
    factor = random.uniform(low, max(low, high))
    height = max(size, round(height * factor))
    width = max(size, round(width * factor))
    image = cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR)
    x = int(random.integers(width - size + 1))
    y = int(random.integers(height - size + 1))
    return image, (x, y)
