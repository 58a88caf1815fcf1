"""Restoring images with a finished network."""

import copy
from collections.abc import Callable, Iterator, Sized
from numbers import Integral
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from adacode_mm.checkpoints.model_file import open_model
from adacode_mm.checkpoints.model_info import ModelInfo, describe_network
from adacode_mm.core.exceptions import InputError
from adacode_mm.images.picture import Picture
from adacode_mm.models.family import family_of
from adacode_mm.models.traits import Codes

from .execution import choose_device, choose_dtype
from .hole_masks import holes_of, one_for_each
from .image_kinds import as_item, is_one_image
from .inspection import Inspection, inspected
from .network_pass import NetworkPass
from .request import Request

Progress = Callable[[float, str], None]


class Restorer:
    """Restores images of every kind; the answer is of the same kind.

    A call changes nothing but its result: neither the images given, nor the
    network, nor random numbers, gradients or threads.

    Args:
        net: A network as `open_model` returns it, or any other one from
            images (B, 3, H, W) in [0, 1] to images. It is left as it is.
        info: What the network is for, from the same place; None finds out.
        device: 'auto' (a GPU if there is one), 'cpu', 'cuda', 'cuda:1'.
        dtype: 'float32', 'bfloat16' or 'float16': of the convolutions and
            products, by autocast. Images are float32 in any case.
        tile: 'auto', 'whole', 'exact', 'feathered', 'released', or how many
            latent rows an exact strip has: see
            `adacode_mm.restoring.restore.restore`.
        padding: 'released' gives the numbers of the release, 'minimal' takes
            less time: see `adacode_mm.models.layers.padding.padded_forward`.
        compile: Compile the network for every new image size.
        composite: For inpainting: put the known pixels of the image into the
            result, on by default: outside of its holes, a photograph shall
            stay as it is. False gives all pixels from the network, as the
            release does.
        fidelity: For networks that have it: 1 is as close to the given
            image as they come, 0 is what the codes alone show.

    Attributes:
        net: The network that runs, an accelerated copy.
        info: As given.
        task: 'sr', 'inpaint', 'reconstruct' or 'restore'.
        scale: Size of the output over that of the input.
        device: `torch.device` of the network.
        dtype: `torch.dtype` of the products.

    Raises:
        InputError: If the device or an option cannot be had.
    """

    def __init__(
        self,
        net: nn.Module,
        info: ModelInfo | None = None,
        *,
        device: str | torch.device = 'auto',
        dtype: str | torch.dtype = 'float32',
        tile: str | int = 'auto',
        padding: str = 'released',
        compile: bool = False,
        composite: bool | None = None,
        fidelity: float | None = None,
    ):
        self.device = choose_device(device)
        self.dtype = choose_dtype(dtype, self.device)
        # What is computed for the network is as exact as its weights are.
        with torch.no_grad(), torch.autocast(self.device.type, enabled=False):
            ready = _ready(net, self.device)
            self.net = family_of(net).fast(ready, compile=compile)
        self.info = info or describe_network(self.net, {})
        self.task, self.scale = self.info.task, self.info.scale
        if composite is not None and self.task != 'inpaint':
            raise InputError(
                f'composite is for inpainting, but the model is for '
                f'{self.task}: leave it out.'
            )
        self.composite = self.task == 'inpaint' and composite is not False
        self._pass = NetworkPass(
            self.net, self.device, self.dtype, tile, padding
        )
        self.fidelity = fidelity

    @property
    def takes_fidelity(self) -> bool:
        """Whether the network has a fidelity to choose."""
        return 'fidelity' in self._pass.traits.needs

    @property
    def fidelity(self) -> float | None:
        """As of the class; may be set between calls."""
        return self._pass.inputs.get('fidelity')

    @fidelity.setter
    def fidelity(self, value: float | None) -> None:
        if value is not None:
            _check_fidelity(value, self._pass.traits)
        self._pass.inputs = {} if value is None else {'fidelity': value}

    @classmethod
    def from_pretrained(
        cls, name_or_file: str | Path, **options: Any
    ) -> 'Restorer':
        """A restorer with the weights of a file.

        Args:
            name_or_file: A released, converted or own checkpoint, or one of
                the names in `adacode_mm.checkpoints.pretrained.PRETRAINED`,
                which is downloaded once.
            options: As for the class.

        Raises:
            CheckpointError: If there is no such file, or it holds no network
                that restores images.
            InputError: As for the class.
        """
        # Before a download: what else is wrong is known at once.
        device = choose_device(options.get('device', 'auto'))
        choose_dtype(options.get('dtype', 'float32'), device)
        net, info = open_model(name_or_file)
        return cls(net.to(device), info, **options)

    def __call__(
        self,
        images: Any,
        mask: Any = None,
        *,
        batch_size: int = 1,
        progress: Progress | None = None,
    ) -> Any:
        """Restore one image or many.

        Colours are RGB, not BGR. Grey images stay grey, opacity is enlarged
        with the image. For files, the answer is an array (H, W, 3), uint8,
        or uint16 for files of 16 bits, without opacity: `restore_picture`
        keeps all that a file has.

        Args:
            images: One image: an array (H, W, 3), also (H, W), (H, W, 1) or
                (H, W, 4) with opacity, uint8, uint16 or floating point in
                [0, 1]; a tensor (3, H, W), also with 1 or 4 channels, uint8
                or floating point in [0, 1]; a PIL image; the path of a file;
                a `Picture`. Or several: a batch, an array (N, H, W, C) or a
                tensor (N, C, H, W); a list or tuple, whose sizes may differ;
                or an iterator.
            mask: For inpainting: where the holes are, see
                `hole_masks.holes_of`; 'white' if they are white in the image
                already: then nothing is put back into the result. For
                several images one for all, or as many as images.
            batch_size: How many images of equal size go through the network
                at once. The results are the same but for rounding.
            progress: Called with the share that is done, 0 to 1, and what is
                being done. For an iterator it is the share of each batch.

        Returns:
            As `images`: the same kind, type and range, on the same device; a
            list for a list or tuple. For an iterator, an iterator that
            restores as it is asked.

        Raises:
            InputError: If there is nothing to restore, an image or mask
                cannot be used, or the memory does not suffice; for one of
                several, the sentence begins with which.
        """
        if not isinstance(batch_size, Integral) or batch_size < 1:
            raise InputError(
                f'batch_size must be a whole number of at least 1, got '
                f'{batch_size!r}.'
            )
        if is_one_image(images):
            request = self._request(images, mask)
            return self._pass.run([request], progress)[0]
        batch = isinstance(images, (np.ndarray, Tensor))
        total = len(images) if isinstance(images, Sized) else None
        if total == 0:
            raise InputError(
                'There must be at least one image to restore, got none.'
            )
        masks = one_for_each(mask, batch, total)
        requests = self._requests(images, masks)
        if total is None:
            return self._pass.in_order(requests, batch_size, progress)
        results = self._pass.all(requests, total, batch_size, progress)
        if not batch:
            return results
        return (np if isinstance(images, np.ndarray) else torch).stack(results)

    @property
    def codes(self) -> Codes | None:
        """What can be shown of the network's codebooks, if it has them."""
        return self._pass.family.codes(self.net)

    def restore_picture(
        self,
        picture: Picture,
        mask: Any = None,
        progress: Progress | None = None,
    ) -> Picture:
        """Restore what `read_picture` has read.

        Args:
            picture: The picture.
            mask: As for a call.
            progress: As for a call.

        Returns:
            The restored picture, in [0, 1], with the same bits and colour
            profile; grey stays grey, opacity is enlarged bicubically.
        """
        return self(picture, mask, progress=progress)

    def inspect(self, image: Any, mask: Any = None) -> Inspection:
        """Restore one image of any kind and show how it came about.

        Args:
            image: One image, as for a call.
            mask: As for a call.

        Raises:
            InputError: As for a call.
        """
        return self.restore_and_inspect(image, mask)[1]

    def restore_and_inspect(
        self, image: Any, mask: Any = None, progress: Progress | None = None
    ) -> tuple[Any, Inspection]:
        """What a call and `inspect` return, for the time of one.

        Args:
            image: One image, as for a call.
            mask: As for a call.
            progress: As for a call.

        Raises:
            InputError: As for a call.
        """
        if not is_one_image(image):
            raise InputError(
                f'Expected one image to inspect, got {type(image).__name__}: '
                f'pass them one by one.'
            )
        return inspected(self._pass, self._request(image, mask), progress)

    def _requests(self, images, masks) -> Iterator[Request]:
        for count, image in enumerate(images, 1):
            try:
                yield self._request(image, next(masks))
            except InputError as error:
                raise InputError(f'Image {count}: {error}') from error

    def _request(self, image, mask):
        item = as_item(image)
        height, width = item.rgb.shape[1:]
        self._pass.check_size(height, width)
        if self.task != 'inpaint':
            if mask is not None:
                raise InputError(
                    f'A mask is for inpainting, but the model is for '
                    f'{self.task}: leave it out, or choose another model.'
                )
            return Request(item, None, False)
        if mask is None:
            raise InputError(
                'Inpainting needs a mask of the holes: pass mask=..., or '
                "mask='white' if the holes are white in the image already."
            )
        return Request(item, holes_of(mask, height, width), self.composite)


def _check_fidelity(fidelity, traits):
    if 'fidelity' not in traits.needs:
        raise InputError(
            f'fidelity is for networks that were trained with it, this one '
            f'({traits.architecture}) has none, got {fidelity}: leave it out.'
        )
    if not 0 <= fidelity <= 1:
        raise InputError(f'fidelity must lie in [0, 1], got {fidelity}.')


def _ready(net, device):
    """The network for inference on a device; a copy if it would change."""
    parameters = list(net.parameters())
    as_needed = not any(each.training for each in net.modules()) and all(
        each.device == device for each in parameters
    )
    return net if as_needed else copy.deepcopy(net).eval().to(device)
