"""Overlapping tiles that fade into each other.

For networks of which no exact strips are known: an approximation of the
whole pass, whose memory is that of a tile and of the result.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from adacode_mm.models.family import Family
from adacode_mm.models.structures import CodebookOutput
from adacode_mm.models.traits import Traits

LARGEST = 1024
SMALLEST = 64
# Tiles begin at multiples of this, where windows of attention may begin.
STEP = 16
# Cells a side of the grid on which tiles follow a guide.
GUIDE_CELLS = 16


class Grid(NamedTuple):
    """Tiles along both axes.

    Attributes:
        size: Height and width of a tile in pixels of the input.
        tops: First row of each row of tiles.
        lefts: First column of each column.
        overlap: Pixels across which neighbours fade.
    """

    size: tuple[int, int]
    tops: list[int]
    lefts: list[int]
    overlap: int

    def __len__(self) -> int:
        return len(self.tops) * len(self.lefts)


def grid_of(
    family: Family,
    net: nn.Module,
    traits: Traits,
    shape: tuple[int, int, int, int],
    wanted: int,
) -> Grid:
    """Tiles of an image.

    Args:
        family: Of the network.
        net: The network.
        traits: Of it.
        shape: Of the images (B, 3, H, W).
        wanted: Bytes that a tile may take, where that can be helped.
    """
    rule, tiles = traits.size, traits.tiles
    least = max(SMALLEST, 2 * tiles.overlap)
    side = rule.exactly or tiles.side or LARGEST
    while rule.exactly is None and side > least:
        fitted = rule.fitted(side)
        needed = family.memory(net, (shape[0], 3, fitted, fitted), 'minimal')
        if needed is None:
            side = min(side, 256)
        if needed is None or needed <= wanted:
            break
        side = max(side // 2, least)
    side = rule.fitted(side)
    size = tuple(
        side if rule.exactly else min(side, rule.fitted(each))
        for each in shape[2:]
    )
    overlap = min(tiles.overlap, side // 2)
    steps = (math.lcm(rule.multiple, STEP), rule.multiple, 1)
    step = next(each for each in steps if each <= side - overlap)
    tops, lefts = (
        _starts(total, tile, overlap, step)
        for total, tile in zip(shape[2:], size, strict=True)
    )
    return Grid(size, tops, lefts, overlap)


def _starts(total, tile, overlap, step):
    """Spread evenly; windows of attention lie as in the whole image."""
    if total <= tile:
        return [0]
    count = math.ceil((total - overlap) / (tile - overlap))
    even = math.ceil((total - tile) / (count - 1) / step) * step
    stride = min(even, (tile - overlap) // step * step)
    return list(range(0, total - tile + stride, stride))


@torch.no_grad()
def feathered_tiles(
    family: Family,
    net: nn.Module,
    traits: Traits,
    image: Tensor,
    grid: Grid,
    progress: Callable[[float, str], None] | None = None,
    **inputs: Any,
) -> CodebookOutput:
    """Restore an image tile by tile.

    Args:
        family: Of the network.
        net: The network.
        traits: Of it.
        image: (B, 3, H, W), values in [0, 1].
        grid: Of `grid_of`.
        progress: Called with the fraction that is done and what is going on.
        inputs: What the network takes besides.

    Returns:
        Output with `image` alone.
    """
    scale, total = traits.scale, len(grid)
    height, width = image.shape[2:]
    whole = image.new_zeros(
        *image.shape[:2], height * scale, width * scale, dtype=torch.float32
    )
    rows = _fades(grid.tops, grid.size[0], height, grid.overlap, scale, whole)
    columns = _fades(
        grid.lefts, grid.size[1], width, grid.overlap, scale, whole
    )
    done = 0
    for top, row in zip(grid.tops, rows, strict=True):
        for left, column in zip(grid.lefts, columns, strict=True):
            tile = image[
                :, :, top : top + grid.size[0], left : left + grid.size[1]
            ]
            out = family.whole(net, tile, 'minimal', **inputs).image.float()
            y, x = top * scale, left * scale
            h, w = out.shape[2:]
            whole[:, :, y : y + h, x : x + w] += out * row[:, None] * column
            done += 1
            if progress is not None:
                progress(done / total, f'tile {done} of {total}')
    if traits.tiles.guided and total > 1:
        _follow(whole, _guide(family, net, image, grid, inputs))
    return CodebookOutput(whole, None, [], [], None)


def _fades(starts, tile, total, overlap, scale, like):
    """Weight of each tile along an axis; in each pixel they sum to 1."""
    sums = like.new_zeros(total * scale)
    # The outermost pixels see the padding of layers most: they are left out.
    margin, width = overlap * scale // 4, max(overlap * scale // 2, 1)
    fades = []
    for start in starts:
        count = min(tile, total - start) * scale
        steps = torch.arange(count, device=like.device) + 0.5 - margin
        ramp = (steps / width).clamp(0, 1)
        fade = ramp if start > 0 else torch.ones_like(ramp)
        if start != starts[-1]:
            fade = torch.minimum(fade, ramp.flip(0))
        sums[start * scale : start * scale + count] += fade
        fades.append(fade)
    return [
        fade / sums[start * scale : start * scale + len(fade)]
        for start, fade in zip(starts, fades, strict=True)
    ]


def _guide(family, net, image, grid, inputs):
    """The whole image, restored at the size of a tile."""
    small = F.interpolate(
        image, grid.size, mode='bicubic', align_corners=False, antialias=True
    )
    return family.whole(net, small.clamp(0, 1), 'minimal', **inputs).image


def _follow(whole, guide):
    """Give an image, in place, the low frequencies of another one."""
    cells = [min(GUIDE_CELLS, *sides) for sides in _sides(whole, guide)]
    low = [F.adaptive_avg_pool2d(x.float(), cells) for x in (guide, whole)]
    change = low[0] - low[1]
    whole += F.interpolate(
        change, whole.shape[2:], mode='bicubic', align_corners=False
    )


def _sides(*images):
    return zip(*(each.shape[2:] for each in images), strict=True)
