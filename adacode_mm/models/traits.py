"""Facts about a network, as data: what it is for and what it takes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from adacode_mm.core.exceptions import InputError

TASKS = ('sr', 'inpaint', 'reconstruct', 'restore')


class Entry(NamedTuple):
    """What is known of a tensor without reading it."""

    shape: tuple[int, ...]
    dtype: torch.dtype


# Name of a tensor of a state dict -> what is known of it.
Layout = Mapping[str, Entry]


def layout_of(state: Mapping[str, Tensor]) -> Layout:
    """Layout of a state dict."""
    return {k: Entry(tuple(v.shape), v.dtype) for k, v in state.items()}


@dataclass(frozen=True)
class SizeRule:
    """Which height and width a network takes.

    Attributes:
        multiple: Both are multiples of this.
        least: Neither is smaller.
        exactly: Both are this, if it is given.
        smallest: Side that an image must have to be padded up to the rule.
    """

    multiple: int = 1
    least: int = 1
    exactly: int | None = None
    smallest: int = 1

    def fitted(self, side: int) -> int:
        """The side of at least `side` pixels that the rule allows.

        Raises:
            InputError: If there is none, since `exactly` is smaller.
        """
        if self.exactly is None:
            return -(-max(side, self.least) // self.multiple) * self.multiple
        if side > self.exactly:
            raise InputError(
                f'This network takes images of {self.exactly} pixels a side, '
                f'got {side}: restore in tiles.'
            )
        return self.exactly


@dataclass(frozen=True)
class Tiles:
    """How feathered tiles of a network are laid.

    Attributes:
        overlap: Pixels of the input that neighbours share; across them one
            fades into the other.
        side: Side of a tile in pixels of the input; None takes what the
            memory allows, or what `SizeRule.exactly` says.
        guided: The low frequencies of the result are those of the whole
            image, restored once at the size of a tile. For networks whose
            tiles differ in brightness or colour.
    """

    overlap: int = 32
    side: int | None = None
    guided: bool = False


@dataclass(frozen=True)
class Traits:
    """Facts about one built network.

    Attributes:
        architecture: What its makers call it.
        task: One of `TASKS`.
        scale: Ratio of output to input size.
        size: Which sizes it takes.
        channels: Of the images in and out.
        needs: What it takes beside the image: 'mask' (holes are filled as
            `hole_fill` says), 'fidelity' (its `forward` has an argument
            `fidelity` in [0, 1]), 'guide' (tiles that follow
            `Tiles.guided`).
        hole_fill: One of `models.layers.hole_fill.HOLE_FILLS`.
        tiles: How feathered tiles are laid.
        origin: Who wrote the network, with version and licence, where they
            are known and it is not this package.
    """

    architecture: str
    task: str
    scale: int
    size: SizeRule = SizeRule()
    channels: tuple[int, int] = (3, 3)
    needs: frozenset[str] = frozenset()
    hole_fill: str = 'white'
    tiles: Tiles = Tiles()
    origin: str = ''


@dataclass(frozen=True)
class Codes:
    """What can be shown of the codebooks of a network.

    Attributes:
        sizes: Number of codes of each codebook.
        dims: Length of its codes.
        cell: Pixels of the input for one cell of the latent grid.
        shown: Pixels of the output for one cell.
        decode: From indices (B, h, w) and the number of their codebook to
            an image (B, 3, shown * h, shown * w), not clipped.
        covered: From a side of the image in pixels, the cells of the grid
            along it and a padding rule to the cells that show the image.
    """

    sizes: tuple[int, ...]
    dims: tuple[int, ...]
    cell: int
    shown: int
    decode: Callable[[Tensor, int], Tensor]
    covered: Callable[[int, int, str], int]
