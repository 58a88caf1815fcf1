"""The only place that may adapt third parties; importing it adapts them.

MMagic 1.2.0 was written for the packages of early 2024. Each module here is
named after what it adapts and has one `apply()`: idempotent, silent
where nothing is missing, one line at level INFO where it acted. Nothing of
ours is imported here and only `adacode_mm/registration.py` imports this
package, before anything that imports MMagic.
"""

from . import (
    albumentations,
    bitsandbytes,
    controlnet_aux,
    diffusers,
    mmagic,
    mmagic_arguments,
    mmagic_inferencer,
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
    # These import MMagic: after all others.
    mmagic.apply()
    mmagic_inferencer.apply()
    mmagic_arguments.apply()


apply()
