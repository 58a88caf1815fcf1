"""Restore images of any size in the memory at hand."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from adacode_mm.core.exceptions import InputError
from adacode_mm.core.memory import memory_to_use
from adacode_mm.models.family import family_of
from adacode_mm.models.layers.padding import check_batch
from adacode_mm.models.structures import CodebookOutput

from .feathered_tiles import feathered_tiles, grid_of
from .no_memory import memory_in_sentences
from .released_tiles import TILE_PAD, TILE_SIZE, released_tiles

TILES = ('auto', 'whole', 'exact', 'feathered', 'released')


def restore(
    net: nn.Module,
    image: Tensor,
    *,
    tile: str | int = 'auto',
    padding: str = 'released',
    memory: int | None = None,
    tile_size: int = TILE_SIZE,
    tile_pad: int = TILE_PAD,
    progress: Callable[[float, str], None] | None = None,
    say: Callable[[str], None] = lambda sentence: None,
    **inputs: Any,
) -> CodebookOutput:
    """Run a network on an image of any size.

    Args:
        net: In evaluation mode, on the device of the image.
        image: Image (B, 3, H, W), values in [0, 1].
        tile: `whole` makes one pass. `exact` gives the numbers of that pass,
            up to rounding, in bounded memory: layer by layer over strips of
            rows; images of a batch one after the other; for families that
            know how. A number is `exact` with strips of that many latent
            rows. `feathered` restores overlapping tiles that fade into each
            other. `released` restores square tiles on their own as the
            released AdaCode does: seams can be seen. `auto` is `whole` where
            its estimated peak is allowed and the network takes the size,
            else `exact`, or else `feathered`.
        padding: As of `Family.whole`.
        memory: Bytes that this call may use besides what the process has;
            None follows `memory_to_use`.
        tile_size: Side of the tiles of `released` in pixels of the image.
        tile_pad: Pixels around such a tile.
        progress: Called with the fraction that is done, 0..1, and with what
            is going on.
        say: Called with a sentence where the result is not that of one pass.
        inputs: What the network takes besides, such as `fidelity`.

    Returns:
        Output whose `image` is (B, 3, scale * H, scale * W). With `whole`
        and `exact`, the other maps are those of the padded image; `released`
        cuts them, `feathered` leaves them out. All but `whole` leave out
        `pre_quant`, `st`, `codes` and `semantic`.

    Raises:
        InputError: If an argument or the image is not usable, or memory does
            not suffice.
        OutputError: If there is no room for temporary files.
    """
    check_tile(net, tile)
    check_batch(image.shape)
    family, shape = family_of(net), tuple(image.shape)
    with torch.no_grad(), _no_memory_in_sentences(image, tile):
        if tile == 'released':
            cell, sides = family.codes(net).cell, (tile_size, tile_pad)
            return released_tiles(
                net, cell, image, padding, *sides, progress, **inputs
            )
        budget = memory_to_use(image.device, memory)
        if tile == 'auto':
            tile = _chosen(family, net, shape, padding, budget)
        if tile == 'whole':
            out = family.whole(net, image, padding, **inputs)
            if progress is not None:
                progress(1.0, 'decoding')
            return out
        if tile == 'feathered':
            traits = family.traits(net)
            grid = grid_of(family, net, traits, shape, budget.wanted)
            if len(grid) > 1:
                say(
                    f'Restored in {len(grid)} overlapping tiles of '
                    f'{grid.size[1]}x{grid.size[0]} pixels: of '
                    f'{traits.architecture} no exact strips are known, so '
                    f'far details of the image do not see each other.'
                )
            return feathered_tiles(
                family, net, traits, image, grid, progress, **inputs
            )
        exact, rows = family.exact(net), tile if tile != 'exact' else None
        outs = [
            exact(
                one,
                padding,
                budget,
                rows,
                _share(progress, i, len(image)),
                **inputs,
            )
            for i, one in enumerate(image.split(1))
        ]
        return outs[0] if len(outs) == 1 else _concatenate(outs)


def check_tile(net: nn.Module, tile: str | int) -> None:
    """Refuse a way to tile that does not exist, or not for a network.

    Raises:
        InputError: If it is none, or the network does not know it.
    """
    rows = isinstance(tile, int) and not isinstance(tile, bool)
    if tile not in TILES and not (rows and tile >= 1):
        raise InputError(
            f'tile must be one of {TILES} or a positive number of latent '
            f'rows, got {tile!r}.'
        )
    family = family_of(net)
    exact = rows or tile == 'exact'
    if exact and family.exact(net) is None:
        raise InputError(
            f'Exact strips are not known of {family.traits(net).architecture}'
            f", got tile={tile!r}: choose 'auto', 'whole' or 'feathered'."
        )
    if tile == 'released' and family.codes(net) is None:
        raise InputError(
            f"tile='released' is the rule of AdaCode's release, the network "
            f'is {family.traits(net).architecture}: choose '
            f"'auto', 'whole' or 'feathered'."
        )


def _chosen(family, net, shape, padding, budget):
    exactly = family.traits(net).size.exactly
    if exactly is not None and max(shape[2:]) > exactly:
        return 'feathered'
    needed = family.memory(net, shape, padding)
    if needed is None or needed <= budget.wanted:
        return 'whole'
    return 'feathered' if family.exact(net) is None else 'exact'


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
        advice = "choose tile='auto'"
    else:
        advice = 'end other programs, or cut the image into parts'
    task = f'restore {images} of {width}x{height} pixels'
    return memory_in_sentences(task, advice)
