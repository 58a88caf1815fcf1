"""The weight map as one picture for each codebook."""

from collections.abc import Sequence

import numpy as np
import torch

from adacode_mm.views.codebook_names import codebook_names
from adacode_mm.views.signed_colors import signed_colors
from adacode_mm.views.weight_sheet import leading_codebook

from .latent_pictures import enlarged


def weight_gallery(
    weight: np.ndarray, names: Sequence[str] | None = None
) -> tuple[list[tuple[np.ndarray, str]], float]:
    """Colour weight maps: blue is negative, white is zero, red is positive.

    The weights of AdaCode (Liu et al., ICCV 2023, section 3) are the output
    of a linear layer: not normalised, and of either sign.

    Args:
        weight: Weight map of one image, float (K, h, w).
        names: Of the codebooks, as for `codebook_names`.

    Returns:
        One uint8 RGB picture and its caption per codebook, with the share of
        the image where it leads (see `leading_codebook`); and the absolute
        value that the full colours stand for, the same for all maps.
    """
    pictures, limit = signed_colors(weight)
    leading = leading_codebook(torch.from_numpy(weight))
    names = codebook_names(len(weight), names)
    items = []
    for number, color in enumerate(pictures):
        share = 100 * float((leading == number).mean())
        items.append((enlarged(color), f'{names[number]} ({share:.0f} %)'))
    return items, limit
