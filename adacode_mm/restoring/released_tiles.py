"""The tiles of the released networks, seams included.

AdaCode (Liu et al., ICCV 2023), released code, `test_tile`.
"""

import math
from collections.abc import Callable, Iterator
from typing import Any

from torch import Tensor

from adacode_mm.core.exceptions import InputError
from adacode_mm.models.layers.padding import padded_forward
from adacode_mm.models.structures import CodebookOutput, Quantized

TILE_SIZE = 240
TILE_PAD = 16


def released_tiles(
    net,
    step: int,
    image: Tensor,
    rule: str = 'released',
    tile_size: int = TILE_SIZE,
    tile_pad: int = TILE_PAD,
    progress: Callable[[float, str], None] | None = None,
    **inputs: Any,
) -> CodebookOutput:
    """Restore tiles on their own and put their centers side by side.

    Each tile is extended on all sides where there is more image, padded on
    its own, and normalised with its own statistics; nothing is blended. Its
    borders can be seen: for images without them there is `tile='exact'`.

    Args:
        net: A network with codes.
        step: Pixels of the image for a cell of its latent grid.
        image: Image (B, 3, H, W), values in [0, 1].
        rule: Padding rule of each tile.
        tile_size: Side of a tile in pixels of the image.
        tile_pad: Pixels around it.
        progress: Called with the fraction that is done and what is going on.
        inputs: What the network takes besides.

    Returns:
        Output with `image`, and with `feat`, `mixed`, `weight` and the
        indices on the latent grid of the image without padding.

    Raises:
        InputError: If a tile does not lie on the latent grid, or the image
            is not usable.
    """
    if tile_size < 1 or tile_pad < 0 or tile_size % step or tile_pad % step:
        raise InputError(
            f'tile_size and tile_pad must be multiples of {step} pixels, one '
            f'latent pixel, got {tile_size} and {tile_pad}.'
        )
    boxes = list(_boxes(*image.shape[-2:], tile_size))
    mosaics = None
    for done, box in enumerate(boxes, 1):
        above, before = (max(n - tile_pad, 0) for n in box[:2])
        below, behind = (n + tile_pad for n in box[2:])
        tile = image[..., above:below, before:behind]
        out = padded_forward(net, tile, rule, **inputs)
        parts = _parts(out)
        if mosaics is None:
            grids = [(net.scale, 1)] + [(1, step)] * (len(parts) - 1)
            mosaics = [_Mosaic(*grid, image.shape[-2:]) for grid in grids]
        for mosaic, part in zip(mosaics, parts, strict=True):
            mosaic.paste(part, box, (above, before))
        if progress is not None:
            progress(done / len(boxes), f'tile {done} of {len(boxes)}')
    return _output(out, [mosaic.whole for mosaic in mosaics])


def _boxes(height, width, side) -> Iterator[tuple[int, int, int, int]]:
    """Top, left, bottom, right of every tile, row by row."""
    for top in range(0, height, side):
        for left in range(0, width, side):
            bottom, right = min(top + side, height), min(left + side, width)
            yield top, left, bottom, right


class _Mosaic:
    """A map put together from tiles.

    Args:
        up: Pixels of the map for ...
        down: ... this many pixels of the image.
        size: Height and width of the image.
    """

    def __init__(self, up: int, down: int, size: tuple[int, int]):
        self._up, self._down, self._size = up, down, size
        self.whole = None

    def _at(self, *pixels):
        return [math.ceil(n * self._up / self._down) for n in pixels]

    def paste(
        self,
        tile: Tensor,
        box: tuple[int, int, int, int],
        origin: tuple[int, int],
    ) -> None:
        """Copy the box out of a tile whose first pixel lies at `origin`."""
        if self.whole is None:
            self.whole = tile.new_zeros(
                *tile.shape[:-2], *self._at(*self._size)
            )
        top, left, bottom, right = self._at(*box)
        above, before = self._at(*origin)
        self.whole[..., top:bottom, left:right] = tile[
            ..., top - above : bottom - above, left - before : right - before
        ]


def _parts(out: CodebookOutput) -> list[Tensor]:
    weight = [] if out.weight is None else [out.weight]
    indices = [q.indices for q in out.quantized]
    return [out.image, out.feat, out.mixed, *weight, *indices]


def _output(out: CodebookOutput, parts: list[Tensor]) -> CodebookOutput:
    image, feat, mixed, *rest = parts
    weight = None if out.weight is None else rest.pop(0)
    quantized = [Quantized(None, None, indices) for indices in rest]
    return CodebookOutput(image, feat, [], quantized, mixed, weight)
