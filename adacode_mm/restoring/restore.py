"""Restore images of any size in the memory at hand."""

from collections.abc import Callable

import torch
from torch import Tensor

from adacode_mm.core.exceptions import InputError
from adacode_mm.core.memory import memory_to_use
from adacode_mm.models.adacode.exact.exact_forward import exact_forward
from adacode_mm.models.adacode.memory_estimate import (
    choose_limits,
    whole_bytes,
)
from adacode_mm.models.layers.padding import (
    explain_small_image,
    padded_forward,
    padded_shape,
)
from adacode_mm.models.structures import CodebookOutput

from .no_memory import memory_in_sentences
from .released_tiles import TILE_PAD, TILE_SIZE, released_tiles

TILES = ('auto', 'whole', 'exact', 'released')


@torch.no_grad()
def restore(
    net,
    image: Tensor,
    *,
    tile: str | int = 'auto',
    padding: str = 'released',
    memory: int | None = None,
    tile_size: int = TILE_SIZE,
    tile_pad: int = TILE_PAD,
    progress: Callable[[float, str], None] | None = None,
) -> CodebookOutput:
    """Run a codebook network on an image of any size.

    Args:
        net: `CodebookNet` or a network with its structure, in evaluation
            mode, on the device of the image.
        image: Image (B, 3, H, W), values in [0, 1].
        tile: `whole` makes one pass. `exact` gives the numbers of that pass,
            up to rounding, in bounded memory: layer by layer over strips of
            rows; images of a batch one after the other. A number is `exact`
            with strips of that many latent rows. `released` restores square
            tiles on their own as the released code does: seams can be seen.
            `auto` is `whole` where its estimated peak is allowed, else
            `exact`.
        padding: Rule of `adacode_mm.models.layers.padding.padded_size`.
        memory: Bytes that this call may use besides what the process has;
            None follows `memory_to_use`.
        tile_size: Side of the tiles of `released` in pixels of the image.
        tile_pad: Pixels around such a tile.
        progress: Called with the fraction that is done, 0..1, and with what
            is going on.

    Returns:
        Output whose `image` is (B, 3, scale * H, scale * W). With `whole`
        and `exact`, the other maps are those of the padded image; `released`
        cuts them. All but `whole` leave out `pre_quant`, `st`, `codes` and
        `semantic`.

    Raises:
        InputError: If an argument or the image is not usable, or memory does
            not suffice.
        OutputError: If there is no room for temporary files.
    """
    latent_rows = _check_tile(tile)
    shape = padded_shape(net, image, padding)
    with _no_memory_in_sentences(image, tile):
        if tile == 'released':
            return released_tiles(
                net, image, padding, tile_size, tile_pad, progress
            )
        budget = memory_to_use(image.device, memory)
        if tile == 'auto':
            fits = whole_bytes(net, shape) <= budget.wanted
            tile = 'whole' if fits else 'exact'
        if tile == 'whole':
            out = padded_forward(net, image, padding)
            if progress is not None:
                progress(1.0, 'decoding')
            return out
        limits = choose_limits(net, shape, budget, latent_rows)
        return _exact_batch(net, image, padding, limits, progress)


def _check_tile(tile):
    """Latent rows of a strip, None if they are not given."""
    if isinstance(tile, int) and not isinstance(tile, bool) and tile > 0:
        return tile
    if tile in TILES and not isinstance(tile, bool):
        return None
    raise InputError(
        f'tile must be one of {TILES} or a positive number of latent rows, '
        f'got {tile!r}.'
    )


def _exact_batch(net, image, rule, limits, progress):
    height, width = image.shape[-2:]
    outs = []
    for i, one in enumerate(image.split(1)):
        with explain_small_image(net, height, width):
            outs.append(
                exact_forward(
                    net, one, rule, limits, _share(progress, i, len(image))
                )
            )
    return outs[0] if len(outs) == 1 else _concatenate(outs)


def _share(progress, index, count):
    if progress is None:
        return None
    return lambda done, message: progress((index + done) / count, message)


def _concatenate(outs: list[CodebookOutput]) -> CodebookOutput:
    def joined(of):
        return torch.cat([of(out) for out in outs])

    first = outs[0]
    return first._replace(
        image=joined(lambda out: out.image),
        feat=joined(lambda out: out.feat),
        mixed=joined(lambda out: out.mixed),
        weight=None if first.weight is None else joined(lambda o: o.weight),
        quantized=[
            q._replace(indices=joined(lambda o, k=k: o.quantized[k].indices))
            for k, q in enumerate(first.quantized)
        ],
    )


def _no_memory_in_sentences(image, tile):
    count, _, height, width = image.shape
    images = 'an image' if count == 1 else f'{count} images'
    if count > 1:
        advice = 'restore one image at a time'
    elif tile in ('whole', 'released'):
        advice = "choose tile='exact'"
    else:
        advice = 'end other programs, or cut the image into parts'
    task = f'restore {images} of {width}x{height} pixels'
    return memory_in_sentences(task, advice)
