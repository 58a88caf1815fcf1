"""Images through the network: painted, in batches, put together again."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from adacode_mm.core.exceptions import InputError
from adacode_mm.images.picture import Picture
from adacode_mm.models.family import family_of
from adacode_mm.models.layers.hole_fill import (
    fill_holes,
    harmonic_fill,
    white_holes,
)
from adacode_mm.models.layers.padding import RULES
from adacode_mm.models.structures import CodebookOutput

from .image_kinds import Item
from .no_memory import memory_in_sentences
from .request import Request
from .restore import check_tile, restore
from .size_batches import batches

# Rec. 601, as Pillow and OpenCV convert to grey
_LUMA = (0.299, 0.587, 0.114)

Progress = Callable[[float, str], None]


class NetworkPass:
    """Runs requests through a network.

    Args:
        net: The network, on its device.
        device: That device.
        dtype: Of autocast; float32 for none.
        tile: As for `restore`.
        padding: As for `restore`.
        inputs: What the network takes besides, such as `fidelity`.

    Raises:
        InputError: If there is no such way to tile or to pad.
    """

    def __init__(
        self,
        net: nn.Module,
        device: torch.device,
        dtype: torch.dtype,
        tile: str | int,
        padding: str,
        **inputs: Any,
    ):
        check_tile(net, tile)
        if padding not in RULES:
            raise InputError(
                f'padding must be one of {RULES}, got {padding!r}.'
            )
        self.net, self.family = net, family_of(net)
        self.traits = self.family.traits(net)
        self.tile, self.padding = tile, padding
        self._device, self._dtype = device, dtype
        self.inputs = inputs

    def check_size(self, height: int, width: int) -> None:
        """Refuse an image that is too small for the padding rules."""
        least = self.traits.size.smallest
        if min(height, width) < least:
            raise InputError(
                f'The image must have at least {least} pixels a side for '
                f'this network, which mirrors it up to its attention '
                f'windows, got {width}x{height}: enlarge it first.'
            )

    def run(
        self, requests: list[Request], progress: Progress | None = None
    ) -> list[Any]:
        """Restore images of equal size together.

        Returns:
            Each as its item gives it back.

        Raises:
            InputError: If the memory does not suffice, or the network gives
                no finite values.
        """
        with self.memory(requests):
            out, notes = self.forward(requests, progress)
            return [
                self.give_back(request, finished(request, restored), notes)
                for request, restored in zip(requests, out.image, strict=True)
            ]

    def memory(self, requests: list[Request]) -> AbstractContextManager:
        """Says, if the memory ends, what to do about these requests."""
        height, width = requests[0].item.rgb.shape[1:]
        several = len(requests) > 1
        images = f'{len(requests)} images' if several else 'an image'
        advice = [
            *(['a smaller batch_size'] if several else []),
            *(["tile='auto'"] if self.tile in ('whole', 'released') else []),
        ]
        return memory_in_sentences(
            f'restore {images} of {width}x{height} pixels',
            f'choose {" and ".join(advice)}'
            if advice
            else 'end other programs, or cut the image into parts',
        )

    def forward(
        self,
        requests: list[Request],
        progress: Progress | None = None,
    ) -> tuple[CodebookOutput, list[str]]:
        """The output of the network, its image (N, 3, H, W) in [0, 1].

        And sentences on how it differs from that of one pass.
        """
        inputs = torch.stack([self._input(each) for each in requests])
        notes: list[str] = []
        half = self._dtype != torch.float32
        with torch.autocast(self._device.type, self._dtype, enabled=half):
            out = restore(
                self.net,
                inputs,
                tile=self.tile,
                padding=self.padding,
                progress=progress,
                say=notes.append,
                **self.inputs,
            )
        image = out.image.float()
        low, high = image.aminmax()
        if not (low.isfinite() and high.isfinite()):
            exact = self._dtype == torch.float32
            raise InputError(
                f'The network gave values that are not finite: choose '
                f'{"another file of weights" if exact else "float32"}.'
            )
        return out._replace(image=image.clamp(0, 1)), notes

    def _input(self, request):
        rgb = shown_colors(request.item, self._device)
        fill = self.traits.hole_fill
        if request.holes is not None:
            holes = request.holes.to(self._device)[None, None]
        elif fill != 'white':
            holes = white_holes(rgb[None])
        else:
            return rgb
        return fill_holes(rgb[None], holes, fill)[0]

    def give_back(
        self, request: Request, image: Tensor, notes: Sequence[str] = ()
    ) -> Any:
        """An image from `finished`, with its opacity, of the user's kind.

        If that has room for notes, it gets them.
        """
        alpha = request.item.alpha
        if alpha is not None:
            alpha = _resized(alpha, image.shape[1:])
        result = request.item.back(image, alpha)
        if notes and isinstance(result, Picture):
            result = result._replace(notes=(*result.notes, *notes))
        return result

    def all(
        self,
        requests: Iterable[Request],
        total: int,
        batch_size: int,
        progress: Progress | None,
    ) -> list[Any]:
        """Restore all; images of equal size wait until a batch is full."""
        results: list[Any] = [None] * total
        done = 0
        for batch in batches(requests, batch_size, in_order=False):
            numbers, group = zip(*batch, strict=True)
            part = _part_of(progress, done, len(group), total)
            for number, result in zip(
                numbers, self.run(list(group), part), strict=True
            ):
                results[number] = result
            done += len(group)
        return results

    def in_order(
        self,
        requests: Iterable[Request],
        batch_size: int,
        progress: Progress | None,
    ) -> Iterator[Any]:
        """Restore as results are asked for, equal neighbours together."""
        for batch in batches(requests, batch_size, in_order=True):
            yield from self.run([each for _, each in batch], progress)


def shown_colors(item: Item, device: torch.device) -> Tensor:
    """The image (3, H, W) without the colours that its opacity hides.

    They can be any, and would run into what is seen.
    """
    rgb = item.rgb.to(device)
    if item.alpha is None:
        return rgb
    hidden = (item.alpha == 0).to(device)
    if not hidden.any() or hidden.all():
        return rgb
    return harmonic_fill(rgb[None], hidden[None, None])[0]


def finished(request: Request, restored: Tensor) -> Tensor:
    """A restored image (3, H, W), grey if it was, with its known pixels."""
    item = request.item
    if item.gray:
        luma = restored.new_tensor(_LUMA)
        restored = torch.einsum('c,chw->hw', luma, restored).clamp_(0, 1)
        restored = restored.expand(3, -1, -1)
    if request.composite and request.holes is not None:
        holes = request.holes.to(restored.device)
        restored = torch.where(holes, restored, item.rgb.to(restored))
    return restored


def _resized(alpha, size):
    if alpha.shape == size:
        return alpha
    import cv2  # here, since few images have an opacity

    height, width = size
    enlarged = cv2.resize(
        alpha.numpy(), (width, height), interpolation=cv2.INTER_CUBIC
    )
    return torch.from_numpy(np.clip(enlarged, 0, 1))


def _part_of(progress, done, count, total):
    if progress is None:
        return None

    def part(share, message):
        progress((done + share * count) / total, message)

    return part
