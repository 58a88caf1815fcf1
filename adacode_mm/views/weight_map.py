"""Which codebook is used where: the weight map as a picture."""

import matplotlib as mpl
import numpy as np
from torch import Tensor

from adacode_mm.core.exceptions import InputError

from .captioned import captioned
from .signed_colors import signed_colors

STYLES = ('released', 'signed')
BAR_WIDTH = 12
BAR_GAP = 4


def weight_maps_picture(
    weight: Tensor,
    scale: int = 8,
    size: tuple[int, int] | None = None,
    style: str = 'released',
) -> np.ndarray:
    """Show the K maps side by side with a 1-pixel black gap.

    The weights of AdaCode (Liu et al., ICCV 2023, section 3) are the output
    of a linear layer: not normalised, and of either sign.

    Args:
        weight: Weight map of one image, (K, h, w) or (1, K, h, w).
        scale: Pixels per weight and direction (nearest neighbour); 8 gives
            the size of the restored image.
        size: Height and width to crop each map to, to remove the padding of
            the input; None for no crop.
        style: 'released' for the picture of the released code: the distance
            from the mean of all maps, in units of two standard deviations,
            in viridis. 'signed' keeps the sign: blue is negative, white is
            zero, red is positive, with one scale for all maps, given above
            them, and a colour bar on the right.

    Returns:
        uint8 RGB; in style 'released' (H, K * W + K - 1, 3).

    Raises:
        InputError: If the shape, the style or the size cannot be used.
    """
    if style not in STYLES:
        raise InputError(f'style must be one of {STYLES}, got {style!r}.')
    maps = _enlarged(weight, scale, size)
    if style == 'released':
        return _in_a_row(_viridis(_released(maps)))
    pictures, limit = signed_colors(maps)
    row = _in_a_row(pictures)
    ramp = np.linspace(1, -1, len(row))[:, None].repeat(BAR_WIDTH, 1)
    gap = np.full((len(row), BAR_GAP, 3), 255, np.uint8)
    bar, _ = signed_colors(ramp)
    row = np.concatenate([row, gap, bar], axis=1)
    return captioned(row, f'{-limit:.3g} (blue) to {limit:+.3g} (red)')


def _enlarged(weight, scale, size):
    if weight.ndim == 4 and len(weight) == 1:
        weight = weight[0]
    if weight.ndim != 3 or weight.numel() == 0:
        raise InputError(
            f'Expected the weight map of one image, (K, h, w), got a tensor '
            f'of shape {tuple(weight.shape)}: pass one image of the batch.'
        )
    maps = weight.detach().float().cpu().numpy()
    maps = maps.repeat(scale, axis=1).repeat(scale, axis=2)
    height, width = maps.shape[1:] if size is None else size
    if not (0 < height <= maps.shape[1] and 0 < width <= maps.shape[2]):
        raise InputError(
            f'size must lie within the enlarged map of {maps.shape[1]}x'
            f'{maps.shape[2]} pixels, got {height}x{width}.'
        )
    return maps[:, :height, :width]


def _released(maps):
    # Equal weights have no deviation: they are shown as 0, not as nan.
    deviation = maps.std() or 1.0
    return np.abs((maps - maps.mean()) / deviation / 2)


def _viridis(values):
    # Truncated to 0..255 first, as an 8-bit image is before its colouring.
    levels = (values * 255).clip(0, 255).astype(np.uint8)
    return mpl.colormaps['viridis'](levels, bytes=True)[..., :3]


def _in_a_row(pictures):
    gap = np.zeros((pictures.shape[1], 1, 3), np.uint8)
    parts = [pictures[0]]
    for picture in pictures[1:]:
        parts += [gap, picture]
    return np.concatenate(parts, axis=1)
