"""Which codes an image is made of."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from matplotlib.colors import hsv_to_rgb

from adacode_mm.models.adacode.code_usage import code_usage
from adacode_mm.models.traits import Codes
from adacode_mm.views.contact_sheet import Tile, contact_sheet
from adacode_mm.views.picture import to_picture

from .latent_pictures import enlarged

SHOWN = 24
COLUMNS = 12
SIDE = 64  # pixels of a code on the sheet
TILES = 4  # side of the latent map that shows a code: 32 pixels, as published


class UsedCodes(NamedTuple):
    """How one codebook was used for one image.

    Attributes:
        codes: Indices that occur, the most frequent first.
        shares: Of the image, one per index of `codes`; they sum to 1.
        total: Codes in the codebook.
        perplexity: As in `adacode_mm.models.adacode.code_usage`.
    """

    codes: list[int]
    shares: list[float]
    total: int
    perplexity: float


def used_codes(indices: np.ndarray, total: int) -> UsedCodes:
    """Count the codes of an index map.

    Args:
        indices: (h, w), int64.
        total: Codes in the codebook.
    """
    counts = np.bincount(indices.ravel(), minlength=total)
    # Stable: equally frequent codes stay in the order of the codebook.
    order = np.argsort(-counts, kind='stable')[: np.count_nonzero(counts)]
    shares = counts[order] / counts.sum()
    perplexity = code_usage(torch.from_numpy(counts)).perplexity
    return UsedCodes(order.tolist(), shares.tolist(), total, perplexity)


def code_map(indices: np.ndarray, total: int) -> np.ndarray:
    """Colour an index map: equal codes have equal colours.

    Args:
        indices: (h, w), int64.
        total: Codes in the codebook.

    Returns:
        uint8 RGB, a square of pixels for each index.
    """
    numbers = np.arange(total)
    # Steps of the golden section: neighbouring codes get distant hues.
    hue = numbers * 0.618034 % 1
    saturation = 0.35 + 0.5 * (numbers * 0.754878 % 1)
    value = 0.55 + 0.4 * (numbers * 0.569840 % 1)
    colors = hsv_to_rgb(np.stack([hue, saturation, value], axis=-1))
    return enlarged((colors * 255).round().astype(np.uint8)[indices])


@torch.no_grad()
def used_codes_sheet(
    codes: Codes,
    device: torch.device,
    used: list[UsedCodes],
    names: Sequence[str],
) -> np.ndarray:
    """Pictures of the codes that an image uses most, codebook by codebook.

    Each code is decoded alone (AdaCode, Liu et al., ICCV 2023, figure 4),
    without weights or skip features. Not all codes of the codebook are
    decoded, which would take longer than the restoration.

    Args:
        codes: Of the network.
        device: Where it is.
        used: One per codebook.
        names: Of the codebooks.

    Returns:
        uint8 RGB sheet, at most `SHOWN` codes per codebook, each with its
        number and its share of the image.
    """
    sheets = []
    for basis, usage in enumerate(used):
        first = torch.tensor(usage.codes[:SHOWN], device=device)
        maps = first.view(-1, 1, 1).expand(-1, TILES, TILES)
        patches = codes.decode(maps, basis)
        tiles = [
            Tile(to_picture(patch), [f'{code}: {100 * share:.2g} %'])
            for code, share, patch in zip(
                usage.codes, usage.shares, patches, strict=False
            )
        ]
        sheets.append(
            contact_sheet(tiles, names[basis], columns=COLUMNS, size=SIDE)
        )
    return np.concatenate(sheets)
