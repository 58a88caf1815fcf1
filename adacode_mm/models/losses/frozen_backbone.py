"""Pretrained networks that a loss looks through and nobody trains."""

import http.client
import pickle
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from torch import Tensor, nn
from torchvision.models import WeightsEnum

from adacode_mm.core.exceptions import CheckpointError


class FrozenBackbone:
    """A frozen network that is built when it is first needed.

    A loss holds this object, not the network, and this object is no
    `nn.Module`: so the network is in no `state_dict()`, `parameters()` or
    distributed wrapper of the loss, and building a model from its config
    reads and downloads nothing. Copies of a loss share the network; a pickle
    leaves it out.

    Args:
        build: Makes the network; picklable, such as a `functools.partial` of
            a module's function.
    """

    def __init__(self, build: Callable[[], nn.Module]):
        self._build = build
        self._net = None

    def __deepcopy__(self, memo: dict) -> 'FrozenBackbone':
        return self

    def __getstate__(self) -> dict:
        return {'_build': self._build, '_net': None}

    def on(self, x: Tensor) -> nn.Module:
        """The network, in evaluation mode, on the device of `x`.

        Its weights have the dtype of `x`, but at least float32: half
        precision has no room for the small constants in its norms. Give it
        inputs of the same dtype, see `as_input`.
        """
        # A network built or moved in inference mode could not be used for a
        # gradient later.
        with torch.inference_mode(False):
            if self._net is None:
                self._net = self._build().requires_grad_(False).eval()
            return self._net.to(x.device, _at_least_float32(x))

    @staticmethod
    def as_input(x: Tensor) -> Tensor:
        """`x` in the dtype that the weights have in `on(x)`."""
        return x.to(_at_least_float32(x))


def _at_least_float32(x: Tensor) -> torch.dtype:
    return torch.promote_types(x.dtype, torch.float32)


def backbone_weights(
    published: WeightsEnum, path: str | None = None
) -> dict[str, Tensor]:
    """State dict of a torchvision network, read without running code in it.

    Args:
        published: Which weights, such as `VGG19_Weights.IMAGENET1K_V1`. They
            are looked for under torchvision's file name in the `checkpoints`
            folder of `torch.hub.get_dir()`, and downloaded to there.
        path: A file with a state dict of the same layout to use instead.

    Raises:
        CheckpointError: If the file is missing and cannot be downloaded, or
            is no state dict.
    """
    file = Path(path).expanduser() if path else _published_file(published)
    if not file.is_file():
        raise CheckpointError(
            f'weights must be a file with weights in the layout of '
            f'torchvision, got {str(file)!r}, which is no file: get them from '
            f'{published.url}.'
        )
    return read_state_dict(file, published.url)


def read_state_dict(file: Path, url: str) -> Mapping[str, torch.Tensor]:
    """A state dict, read with `weights_only`.

    Args:
        file: An existing file.
        url: Where the right one is, for the message.

    Raises:
        CheckpointError: If it is damaged, unsafe or no state dict.
    """
    try:
        state = torch.load(file, map_location='cpu', weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError) as error:
        raise CheckpointError(
            f'{file} must be a state dict that loads with weights_only=True, '
            f'got a damaged or unsafe file: replace it by {url}.'
        ) from error
    if not isinstance(state, Mapping):
        raise CheckpointError(
            f'{file} must be a state dict, got a {type(state).__name__}: '
            f'replace it by {url}.'
        )
    return state


def _published_file(published: WeightsEnum) -> Path:
    url = published.url
    file = Path(torch.hub.get_dir(), 'checkpoints', url.rsplit('/', 1)[-1])
    if file.is_file():
        return file
    digest = re.search(r'-([0-9a-f]{8,})\.', file.name)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        torch.hub.download_url_to_file(
            url, str(file), digest and digest[1], progress=False
        )
    except (OSError, RuntimeError, http.client.HTTPException) as error:
        raise CheckpointError(
            f'{file.name} is needed and could not be downloaded ({error}): '
            f'get it from {url} and put it in the folder {file.parent}, or '
            f'name the file in the argument `weights`.'
        ) from error
    return file


def load_weights(
    net: nn.Module, weights: Mapping[str, Tensor], prefix: str
) -> nn.Module:
    """Give `net` the entries of `weights` named prefix + its own names.

    Works on a network built on the meta device, too. Entries that `net` has
    no use for are ignored.

    Raises:
        CheckpointError: If an entry is missing or has another shape.
    """
    state = {}
    for name, own in net.state_dict().items():
        found = weights.get(prefix + name)
        if found is None or found.shape != own.shape:
            got = 'none' if found is None else tuple(found.shape)
            raise CheckpointError(
                f'The weights must hold {prefix + name} of shape '
                f'{tuple(own.shape)}, got {got}: use a file of the same '
                f'network as published by torchvision.'
            )
        state[name] = found
    net.load_state_dict(state, assign=True)
    return net
