"""The only place that may adapt third parties; importing it adapts them.

MMagic 1.2.0 was written for the packages of early 2024. Each module here is
named after the package it adapts and has one `apply()`: idempotent, silent
where nothing is missing, one line at level INFO where it acted. Nothing of
ours is imported here and only `adacode_mm/__init__.py` imports this package,
before anything that imports MMagic.
"""

from . import (
    albumentations,
    bitsandbytes,
    controlnet_aux,
    diffusers,
    mmagic,
    mmcv,
    mmengine,
    numpy,
    transformers,
)


def apply() -> None:
    """Adapt every package that needs it; a second call does nothing."""
    numpy.apply()
    albumentations.apply()
    bitsandbytes.apply()
    transformers.apply()
    diffusers.apply()
    controlnet_aux.apply()
    mmcv.apply()
    mmengine.apply()
    mmagic.apply()  # imports MMagic: after all others


apply()
