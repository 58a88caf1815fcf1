"""In which order the pixels of a latent grid are kept for attention."""

import functools
from typing import NamedTuple

import torch
from torch import Tensor


class WindowOrder(NamedTuple):
    """Pixels of a batch of grids, window by window.

    Attributes:
        order: (n,) position of each pixel in row-major order (B, h, w).
        inverse: (n,) the other way round.
        kinds: (kind, number of windows) in turn: windows of a kind have the
            same mask. 0 inside, 1 at the right edge, 2 at the lower edge, 3
            in the corner; without shift all are of kind 0.
    """

    order: Tensor
    inverse: Tensor
    kinds: list[tuple[int, int]]


@functools.lru_cache(16)
def window_order(
    batch: int, h: int, w: int, window: int, shift: int, device: str
) -> WindowOrder:
    """Order of (shifted) windows, those of one kind behind each other."""
    with torch.inference_mode(False):
        pixels = torch.arange(batch * h * w, device=device)
        grid = pixels.view(batch, h, w).roll((-shift, -shift), (1, 2))
        rows, columns = h // window, w // window
        grid = grid.view(batch, rows, window, columns, window)
        windows = grid.transpose(2, 3).reshape(-1, window * window)
        kind = torch.zeros(batch, rows, columns, dtype=torch.long)
        if shift:
            kind[:, :, -1] += 1
            kind[:, -1] += 2
        kind = kind.flatten()
        windows = windows[kind.argsort(stable=True).to(device)]
        counts = kind.bincount(minlength=4).tolist()
        order = windows.flatten()
        return WindowOrder(
            order,
            order.argsort(),
            [(k, count) for k, count in enumerate(counts) if count],
        )


def kind_masks(window: int, shift: int) -> Tensor:
    """Additive masks (4, window^2, window^2) of the kinds of windows.

    In a shifted window at an edge, pixels from the two ends of the image are
    side by side and must not see each other: -100, as in SwinIR.
    """
    apart = (torch.arange(window) >= window - shift).long() * bool(shift)
    still = torch.zeros_like(apart)
    masks = []
    for y, x in ((still, still), (still, apart), (apart, still), (apart,) * 2):
        region = (2 * y[:, None] + x).flatten()
        masks.append(-100.0 * (region[:, None] != region))
    return torch.stack(masks)
