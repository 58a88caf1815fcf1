"""Names of the released discriminator, which MMagic's has with other ones.

Both are the U-Net with spectral normalisation of Real-ESRGAN (Wang et al.,
ICCV Workshops 2021, section 3.3), which AdaCode trains against.
"""

import re
from collections.abc import Iterable

_FIRST = re.compile(r'^conv_?0\.weight$')
_NORMALISED = re.compile(r'^conv_?1\.weight_orig$')
_RELEASED = re.compile(r'^conv(\d)\.')


def is_discriminator(keys: Iterable[str]) -> bool:
    """Are these the names of such a discriminator, released or MMagic's?"""
    keys = list(keys)
    return all(any(map(x.match, keys)) for x in (_FIRST, _NORMALISED))


def map_discriminator_keys(keys: Iterable[str]) -> dict[str, str]:
    """MMagic's name of every released key; other keys keep their names."""
    return {key: _RELEASED.sub(r'conv_\1.', key) for key in keys}
