"""The low-resolution partner of one patch."""

from dataclasses import dataclass

import numpy as np

from adacode_mm.core.exceptions import ConfigError, InputError
from adacode_mm.data.transforms.bicubic_downsample import BicubicDownsample
from adacode_mm.data.transforms.degradations.bsrgan import degrade_bsrgan
from adacode_mm.data.transforms.degradations.bsrgan_plus import (
    degrade_bsrgan_plus,
)

from .seeds import generator_of

DEGRADATIONS = {
    'bsrgan': degrade_bsrgan,
    'bsrgan_plus': degrade_bsrgan_plus,
    'bicubic': None,  # nothing random: `BicubicDownsample`
}


@dataclass(frozen=True)
class PairSettings:
    """How to degrade.

    Args:
        scale: Downsampling factor.
        degradation: One of `DEGRADATIONS`.
        seed: With the name of a patch, decides on its degradation.

    Raises:
        ConfigError: If one of them is out of range.
    """

    scale: int = 4
    degradation: str = 'bsrgan'
    seed: int = 0

    def __post_init__(self):
        if self.scale < 1 or self.seed < 0:
            raise ConfigError(
                'Pairs need a scale of at least 1 and a seed of at least 0, '
                f'got {self.scale} and {self.seed}.'
            )
        if self.degradation not in DEGRADATIONS:
            raise ConfigError(
                f'The degradation must be one of {", ".join(DEGRADATIONS)}, '
                f'got {self.degradation!r}.'
            )


def degrade_patch(
    image: np.ndarray, name: str, settings: PairSettings
) -> np.ndarray:
    """Low-resolution partner of a patch, without a crop.

    Args:
        image: GT (H, W, 3), uint8 RGB.
        name: Of the patch; with the seed, the source of randomness.
        settings: How to degrade.

    Returns:
        uint8 RGB (H / scale, W / scale, 3).

    Raises:
        InputError: If the size is no multiple of the scale.
    """
    height, width = image.shape[:2]
    scale = settings.scale
    if height % scale or width % scale:
        raise InputError(
            f'The image is {width}x{height}, which is no multiple of '
            f'{scale}: cut it with crop_patches.py first.'
        )
    if settings.degradation == 'bicubic':
        return BicubicDownsample(scale).transform({'gt': image})['img']
    degrade = DEGRADATIONS[settings.degradation]
    rng = generator_of(name, settings.seed)
    lq = degrade(image.astype(np.float32) / 255, scale, rng)
    return np.clip(np.round(lq * 255), 0, 255).astype(np.uint8)
