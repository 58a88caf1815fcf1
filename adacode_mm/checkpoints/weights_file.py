"""Tensors of a file and what it says about them, neither of them trusted."""

import json
import os
import zipfile
from collections.abc import Mapping
from typing import NamedTuple

import torch
from safetensors import safe_open
from torch import Tensor

from adacode_mm.core.exceptions import CheckpointError
from adacode_mm.models.family import published_names, recognised
from adacode_mm.models.traits import layout_of

from .config_text import generator_config
from .our_names import in_our_names, is_training
from .safe_load import is_safetensors, load_file
from .state_dicts import find_state_dict

# Under which a converted file says what it holds.
INFO_KEY = 'adacode_mm'


class WeightsFile(NamedTuple):
    """Content of a file.

    Attributes:
        source: What to call the file in an error.
        state: Tensors in the names of a training, `generator.*` and so on.
        info: What a converted file says of itself; empty for others.
        config: Config that the file states of its network, None if none.
        published: Is it a generator with the names of a release?
        left_out: Its keys of what is computed, or not part of a network.
    """

    source: str
    state: dict[str, Tensor]
    info: Mapping
    config: Mapping | None
    published: bool
    left_out: list[str]

    def part(self, name: str) -> dict[str, Tensor]:
        """Tensors of one part, such as 'generator', without the prefix.

        Raises:
            CheckpointError: If one of them cannot be a weight.
        """
        part = {
            key.removeprefix(f'{name}.'): value
            for key, value in self.state.items()
            if key.startswith(f'{name}.')
        }
        check_values(part, self.source)
        return part


def read_weights(path: str | os.PathLike) -> WeightsFile:
    """Read a file of weights safely.

    Raises:
        CheckpointError: If it is missing, damaged, unsafe or no checkpoint,
            or claims more than it holds.
    """
    source = repr(os.fspath(path))
    _check_unpacked(path, source)
    content = load_file(path, refuse_unsafe=True)
    tensors = find_state_dict(content)
    if {'params', 'params_ema'} <= content.keys():
        family = recognised(layout_of(tensors))
        if family is None or family.averaged:
            tensors = find_state_dict({'params': content['params_ema']})
    claimed = sum(t.numel() * t.element_size() for t in tensors.values())
    _check_size(claimed, path, source)
    meta = content.get('meta')
    meta = meta if isinstance(meta, Mapping) else {}
    info = _stored_info(path, meta, source)
    config = info.get('config')
    if not info and isinstance(meta.get('cfg'), str):
        config = generator_config(meta['cfg'], source)
    trained = is_training(tensors)
    names = None if trained else published_names(layout_of(tensors))
    left_out = []
    if names is not None:
        left_out = [key for key in tensors if key not in names]
    elif trained:
        left_out = [k for k in tensors if not k.startswith('generator')]
    return WeightsFile(
        source,
        in_our_names(tensors),
        info,
        config,
        names is not None,
        left_out,
    )


def check_values(state: Mapping[str, Tensor], source: str) -> None:
    """Refuse what no network computes with: NaN and infinity.

    Sparse tensors, too, and those of the device "meta", without values.

    Raises:
        CheckpointError: If there is such a tensor; it is named.
    """
    for key, value in state.items():
        kind = str(value.dtype).removeprefix('torch.')
        if value.layout != torch.strided or value.is_meta:
            problem = 'is stored without some of its values'
        elif value.is_complex() or value.is_quantized:
            problem = f'is of type {kind}'
        elif value.is_floating_point() and not value.float().isfinite().all():
            problem = 'has values that are infinite or no numbers'
        else:
            continue
        raise CheckpointError(
            f'The weights in {source} must be finite numbers, but {key} '
            f'{problem}: the file is damaged or made for another '
            f'program; fetch or write it again.'
        )


def _check_unpacked(path, source):
    # PyTorch stores without compression, but would unpack what has one:
    # megabytes can become terabytes.
    if not zipfile.is_zipfile(path):
        return
    try:
        with zipfile.ZipFile(path) as file:
            claimed = sum(each.file_size for each in file.infolist())
    except (zipfile.BadZipFile, NotImplementedError, OSError):
        return  # reading it says what is wrong
    _check_size(claimed, path, source)


def _check_size(claimed, path, source):
    # A tensor, too, may repeat one number a billion times.
    size = os.path.getsize(path)
    if claimed > 2 * size + 2**20:
        raise CheckpointError(
            f'The tensors of {source} claim {claimed} bytes, but the file has '
            f'{size}: it is no file of trained weights and was refused.'
        )


def _stored_info(path, meta, source) -> Mapping:
    info = meta.get(INFO_KEY, {})
    if is_safetensors(path):
        with safe_open(path, 'pt') as file:
            text = (file.metadata() or {}).get(INFO_KEY, '{}')
        try:
            info = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise CheckpointError(
                f'What {source} says of itself should be JSON, but it cannot '
                f'be read ({error}): convert the weights again.'
            ) from error
    if not isinstance(info, Mapping):
        raise CheckpointError(
            f'What {source} says of itself should be a dict, got {info!r}: '
            f'convert the weights again.'
        )
    return info
