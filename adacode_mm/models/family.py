"""What the house must know of a kind of network: its family says it.

A family lives in `adacode_mm/models/<name>/family.py` as `FAMILY`, an object
of a subclass of `Family`; the class of its network names it,
`family = '<name>'`. Families of other packages announce themselves with
`add_family`. Nothing else has to be told: opening files, restoring, tiles,
conversion, export and the web page ask the family.

Images of every network here are RGB (B, 3, H, W), values in [0, 1].
"""

import copy
import importlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from adacode_mm.core.exceptions import InputError

from .measured_memory import measured_bytes
from .plain_graph import PlainGraph, Traceable
from .structures import CodebookOutput, as_output
from .traits import Codes, Layout, Traits

Progress = Callable[[float, str], None]


class Weights(NamedTuple):
    """One network as a file has it, which nobody has checked yet.

    Attributes:
        state: Its tensors, in the names of `Family.names`.
        config: Build config that the file or the caller states, or None.
        published: The file has the names of a release.
        trusted: The config comes from the user, not from the file: it may
            name any registered class.
        source: What to call the file in an error.
    """

    state: Mapping[str, Tensor]
    config: Mapping | None
    published: bool
    trusted: bool
    source: str


class Exact(ABC):
    """The whole pass of a network in bounded memory: the same numbers."""

    @abstractmethod
    def __call__(
        self,
        image: Tensor,
        padding: str,
        budget: Any,
        rows: int | None = None,
        progress: Progress | None = None,
        **inputs: Any,
    ) -> CodebookOutput:
        """Restore one image (1, 3, H, W).

        Args:
            image: The image.
            padding: As of `Family.whole`.
            budget: `adacode_mm.core.memory.Budget`.
            rows: Of the latent grid in a strip; None follows the budget.
            progress: Called with the share that is done and what is going
                on.
            inputs: What the network takes besides.

        Raises:
            InputError: If the image or the budget is too small.
            OutputError: If there is no room for temporary files.
        """


class Expected(NamedTuple):
    """What another runtime should give for an image.

    Attributes:
        outputs: Name of an output -> its values.
        ties: Codes in which it may differ, being equally near.
        codes: Number of all codes.
    """

    outputs: dict[str, Tensor]
    ties: int = 0
    codes: int = 0


class Family(ABC):
    """One kind of network. The defaults suit a plain image-to-image one.

    Attributes:
        name: That of its folder.
        classes: What configs call its networks.
        averaged: Of a released file with plain and with averaged weights
            (`params`, `params_ema`), take the averaged ones.
    """

    name: str
    classes: tuple[str, ...] = ()
    averaged = True

    # --- from a file to a network

    @abstractmethod
    def recognises(self, layout: Layout) -> bool:
        """Whether tensors of these names and shapes are such a network.

        Nothing is read for it. No other family may say so, too.
        """

    def names(self, layout: Layout) -> dict[str, str]:
        """Name in a file -> name in the network.

        What is not in it is left out: it is computed, or of no network.
        """
        return {key: key for key in layout}

    @abstractmethod
    def open(self, weights: Weights) -> tuple[nn.Module, dict]:
        """The network of a file, in evaluation mode, float32, on the CPU.

        Returns:
            The network and a config that builds it again.

        Raises:
            CheckpointError: If the weights make no such network, or do not
                agree with the config; keys are named.
        """

    def check_config(  # noqa: B027  # nothing is known to check
        self, net: nn.Module, config: Mapping
    ) -> None:
        """Refuse to write a network with a config of another one.

        Raises:
            CheckpointError: If they do not belong together.
        """

    # --- what it is

    @abstractmethod
    def traits(self, net: nn.Module) -> Traits:
        """Facts about a built network, or its fast form."""

    def codes(self, net: nn.Module) -> Codes | None:
        """Its codebooks, None if it has none."""
        return None

    # --- how it runs

    def fast(self, net: nn.Module, *, compile: bool = False) -> nn.Module:
        """The same network for inference, sharing its parameters.

        Args:
            net: The network, in evaluation mode, on its device.
            compile: Use `torch.compile` for each new image size.
        """
        if compile:
            net = copy.copy(net)  # the given one stays as it is
            net.compile()
        return net

    def whole(
        self, net: nn.Module, image: Tensor, padding: str, **inputs: Any
    ) -> CodebookOutput:
        """One pass over images (B, 3, H, W) of any size.

        Args:
            net: The network or its fast form.
            image: Padded here as the network wants it.
            padding: 'released' is the rule of the release, 'minimal' takes
                less time, where a family tells them apart.
            inputs: What the network takes besides.

        Returns:
            `image` is cropped to (B, 3, scale * H, scale * W); the rest is
            of the padded image.
        """
        traits = self.traits(net)
        height, width = image.shape[-2:]
        size = [traits.size.fitted(side) for side in (height, width)]
        out = as_output(net(mirrored(image, *size), **inputs))
        scale = traits.scale
        restored = out.image[..., : scale * height, : scale * width]
        return out._replace(image=restored)

    def exact(self, net: nn.Module) -> Exact | None:
        """Its exact strips, if it has them."""
        return None

    def memory(
        self, net: nn.Module, shape: tuple[int, int, int, int], padding: str
    ) -> int | None:
        """Peak bytes of `whole` beside network and image; None if unknown.

        Args:
            net: The network or its fast form.
            shape: Of the images (B, 3, H, W).
            padding: As of `whole`.
        """
        return measured_bytes(net, self.traits(net).size, shape)

    # --- how it leaves for other runtimes

    def traceable(self, net: nn.Module, padding: str) -> Traceable:
        """The network for `torch.onnx`.

        Raises:
            InputError: If it cannot be exported.
        """
        return PlainGraph(net, self.traits(net))

    def expected(
        self,
        net: nn.Module,
        image: Tensor,
        padding: str,
        found: Mapping[str, Tensor],
    ) -> Expected:
        """What a graph should give where it gives `found`.

        Where a choice is open up to rounding, it follows `found`.

        Raises:
            InputError: If `found` cannot be right.
        """
        return Expected({'image': self.whole(net, image, padding).image})


def mirrored(image: Tensor, height: int, width: int) -> Tensor:
    """Mirror an image (B, C, H, W) below and to the right, edge repeated.

    As often as it takes, so that an image of one pixel becomes any size.
    """
    for dim, size in ((2, height), (3, width)):
        while image.shape[dim] < size:
            more = min(size - image.shape[dim], image.shape[dim])
            tail = image.narrow(dim, image.shape[dim] - more, more).flip(dim)
            image = torch.cat([image, tail], dim)
    return image


_PLAIN = 'foreign'
_FOLDER = Path(__file__).parent
# Name -> 'module:attribute', imported when it is asked for.
_ADDED: dict[str, str] = {}
_LOADED: dict[str, Family] = {}


def add_family(name: str, where: str) -> None:
    """Announce a family of another package.

    Args:
        name: What the class of its network says, `family = name`.
        where: 'module:attribute' of the `Family` object.
    """
    _ADDED[name] = where
    _LOADED.pop(name, None)


def family_names() -> list[str]:
    """Names of all families; that of plain networks comes last."""
    folders = (path.parent.name for path in _FOLDER.glob('*/family.py'))
    ours = sorted(name for name in folders if name != _PLAIN)
    return [*ours, *(name for name in _ADDED if name not in ours), _PLAIN]


def family_named(name: str) -> Family:
    """A family by its name.

    Raises:
        InputError: If there is none.
    """
    if name not in _LOADED:
        if name not in family_names():
            raise InputError(
                f'Expected one of the families {", ".join(family_names())}, '
                f'got {name!r}: import the module that adds it first.'
            )
        where = _ADDED.get(name, f'{__package__}.{name}.family:FAMILY')
        module, _, attribute = where.partition(':')
        _LOADED[name] = getattr(importlib.import_module(module), attribute)
    return _LOADED[name]


def families() -> Iterator[Family]:
    """All families, each imported when its turn comes."""
    return map(family_named, family_names())


def family_of(net: nn.Module) -> Family:
    """The family of a network; without one, that of plain networks."""
    return family_named(getattr(net, 'family', _PLAIN))


def published_names(layout: Layout) -> dict[str, str] | None:
    """Names in a published file -> names in the network, where they differ.

    None if no family with names of its own knows these tensors.
    """
    family = recognised(layout, plain=False)
    if family is None:
        return None
    names = family.names(layout)
    kept = all(old == new for old, new in names.items())
    return None if kept and len(names) == len(layout) else names


def recognised(layout: Layout, plain: bool = True) -> Family | None:
    """The family of these tensors, None if no one knows them.

    Args:
        layout: Names, shapes and types.
        plain: Ask the family of plain networks, too, which takes seconds.
    """
    names = family_names() if plain else family_names()[:-1]
    found = map(family_named, names)
    return next((f for f in found if f.recognises(layout)), None)


def stated_family(config: Mapping | None) -> Family | None:
    """The family whose class a config names, which nobody has checked."""
    named = str((config or {}).get('type', ''))
    known = named.removeprefix('adacode_mm.').removeprefix('mmagic.')
    return next((f for f in families() if known in f.classes), None)
