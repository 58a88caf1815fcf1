"""Adapts third parties; nothing else in the package does.

MMagic 1.2.0 was written for the packages of early 2024. Each module here is
named after what it adapts and has one `apply()`: idempotent, silent where
nothing is missing, one line at level INFO where it acted. Nothing of ours is
imported here.
"""

from . import (
    albumentations,
    bitsandbytes,
    controlnet_aux,
    diffusers,
    mmcv,
    mmengine,
    numpy,
    transformers,
)


def apply() -> None:
    """Adapt what MMagic imports; a second call does nothing."""
    numpy.apply()
    albumentations.apply()
    bitsandbytes.apply()
    transformers.apply()
    diffusers.apply()
    controlnet_aux.apply()
    mmcv.apply()
    mmengine.apply()
