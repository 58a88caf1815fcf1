"""One file is one network: open it, or write it with its config inside."""

import json
import os
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import torch
from safetensors.torch import save as to_safetensors
from torch import Tensor, nn

from adacode_mm.core.atomic_files import write_atomically
from adacode_mm.core.exceptions import CheckpointError
from adacode_mm.models.family import (
    Family,
    Weights,
    family_of,
    recognised,
    stated_family,
)
from adacode_mm.models.traits import layout_of
from adacode_mm.registry import MODELS
from adacode_mm.version import __version__

from .discriminator_file import DiscriminatorInfo
from .model_info import ModelInfo, describe_network
from .pretrained import find_model_file
from .training_config import trained_generator
from .weights_file import INFO_KEY, WeightsFile, check_values, read_weights

FORMATS = {'safetensors': '.safetensors', 'pth': '.pth'}
DTYPES = {
    'float32': torch.float32,
    'float16': torch.float16,
    'bfloat16': torch.bfloat16,
}


def open_model(
    name_or_path: str | os.PathLike, config: Mapping | None = None
) -> tuple[nn.Module, ModelInfo]:
    """Network of a file, ready to restore images.

    The file is one that the authors of a network released, one that
    `save_model` has written, or a checkpoint of a training, of which the
    averaged weights are taken where it has them. Nothing of it is run.

    Args:
        name_or_path: The file; the work directory of a training, whose
            config is run where no family knows the network; or a name in
            `pretrained.PRETRAINED`, which is fetched once.
        config: Build config of the network, for own weights in a file that
            does not say it; it must agree with the weights. It may name any
            registered class.

    Returns:
        The network in evaluation mode, float32, on the CPU, and what it is.

    Raises:
        CheckpointError: If the file is missing, damaged or unsafe, holds
            something else, or its weights do not fit; keys are named.
    """
    return build_generator(*read_model(name_or_path, config))


def read_model(
    name_or_path: str | os.PathLike, config: Mapping | None = None
) -> tuple[WeightsFile, Mapping | None]:
    """What `open_model` builds a network of, and a config that is trusted."""
    file = read_weights(find_model_file(name_or_path))
    folder = Path(name_or_path).expanduser()
    if config is None and folder.is_dir() and not stated_family(file.config):
        config = trained_generator(folder)
    return file, config


def build_generator(
    file: WeightsFile, config: Mapping | None = None
) -> tuple[nn.Module, ModelInfo]:
    """As `open_model`, of a file that is read already."""
    state = _generator_state(file)
    trusted = config is not None
    stated = config if trusted else file.config
    weights = Weights(state, stated, file.published, trusted, file.source)
    net, found = _family(weights).open(weights)
    info = describe_network(net, found)
    _check_claims(info, file)
    return net, info._replace(codebooks=_codebook_names(file, net))


def _family(weights: Weights) -> Family:
    if weights.trusted and (named := weights.config.get('type')):
        built = MODELS.get(named)
        if built is None:
            raise CheckpointError(
                f'The config of {weights.source} must name a registered '
                f'network, got {named!r}: name the module that registers it '
                f'in custom_imports.'
            )
        return family_of(built)
    family = recognised(layout_of(weights.state))
    family = family or stated_family(weights.config)
    if family is not None:
        return family
    raise CheckpointError(
        f'Expected a network that restores images in {weights.source}, but '
        f'its parameters are of another architecture, such as '
        f'{", ".join(list(weights.state)[:3])}: take a file of a network '
        f'that is known here, or the work directory of its training.'
    )


def save_model(
    net: nn.Module,
    info: ModelInfo | DiscriminatorInfo,
    path: str | os.PathLike,
    dtype: torch.dtype | None = None,
) -> None:
    """Write a network and its config to one file, atomically.

    The names are those of a training, so that MMagic, too, loads the file
    together with a config.

    Args:
        net: The network, or the discriminator.
        info: What `open_model` returned with it.
        path: `.safetensors` or `.pth`; the folder exists.
        dtype: Of the numbers in the file; None keeps them.

    Raises:
        CheckpointError: If the network has other parameters than the config
            says, has values that are not finite in that `dtype`, or `path`
            has another ending.
        OutputError: If the file cannot be written.
    """
    path = Path(path)
    if path.suffix not in FORMATS.values():
        raise CheckpointError(
            f'The file must end in {" or ".join(FORMATS.values())}, got '
            f'{path.name!r}.'
        )
    weights = net.state_dict()
    part = 'discriminator'
    if isinstance(info, ModelInfo):
        part = 'generator'
        family_of(net).check_config(net, info.config)
    state = {
        f'{part}.{key}': _apart(value, dtype) for key, value in weights.items()
    }
    check_values(state, f'the given network as {dtype or "they are"}')
    content = _serialized(state, info._asdict(), path.suffix)
    write_atomically(path, content, durable=True)


def _generator_state(file) -> dict[str, Tensor]:
    state = file.part('generator')
    # A training has other parts, but `save_model` writes none.
    others = [key for key in file.state if not key.startswith('generator.')]
    if state and file.info and others:
        raise CheckpointError(
            f'{file.source} should hold the parameters generator.* and '
            f'nothing else, but it also holds {", ".join(others[:3])}: '
            f'convert the weights again.'
        )
    if not state and any(key.startswith('discriminator.') for key in others):
        raise CheckpointError(
            f'Expected a network that restores images in {file.source}, but '
            f'it is a discriminator, which only training needs: take the '
            f'generator, whose file usually has a g in its name.'
        )
    if not state:
        check_values(file.state, file.source)
    return state or file.state


def _check_claims(info, file):
    for name in ('architecture', 'task', 'scale'):
        claim = file.info.get(name, getattr(info, name))
        if claim != getattr(info, name):
            raise CheckpointError(
                f'{file.source} says that its {name} is {claim!r}, but by '
                f'its weights it is {getattr(info, name)!r}: convert the '
                f'weights again.'
            )


def _codebook_names(file, net) -> tuple[str, ...] | None:
    names = file.info.get('codebooks')
    if names is None:
        return None
    codes = family_of(net).codes(net)
    count = 0 if codes is None else len(codes.sizes)
    right = isinstance(names, list | tuple) and all(
        isinstance(name, str) and name.isprintable() and 0 < len(name) <= 40
        for name in names
    )
    if not right or len(names) != count:
        raise CheckpointError(
            f'{file.source} should have {count} names for its codebooks, of '
            f'up to 40 characters each, but it says {names!r:.200}: convert '
            f'the weights again.'
        )
    return tuple(names)


def _apart(value: Tensor, dtype) -> Tensor:
    """A copy that shares no memory, which safetensors would not take."""
    value = value.detach().cpu()
    if dtype is not None and value.is_floating_point():
        value = value.to(dtype)
    return value.contiguous().clone()


def _serialized(state, info: dict, suffix: str) -> bytes:
    info = {'version': __version__, **info}
    if suffix == '.safetensors':
        metadata = {'format': 'pt', INFO_KEY: _json(info)}
        return _in_order(to_safetensors(state, metadata))
    buffer = BytesIO()
    torch.save({'state_dict': state, 'meta': {INFO_KEY: info}}, buffer)
    return buffer.getvalue()


def _in_order(data: bytes) -> bytes:
    # safetensors writes its metadata in a random order; the same network is
    # to have the same hash.
    start = 8 + int.from_bytes(data[:8], 'little')
    header = json.loads(data[8:start])
    header['__metadata__'] = dict(sorted(header['__metadata__'].items()))
    text = json.dumps(header, separators=(',', ':')).encode()
    text += b' ' * (-len(text) % 8)  # tensors stay aligned
    return len(text).to_bytes(8, 'little') + text + data[start:]


def _json(info):
    return json.dumps(info, sort_keys=True)
