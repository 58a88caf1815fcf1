"""Weights that a metric needs and that do not come with its package."""

from collections.abc import Mapping
from pathlib import Path

import torch

from adacode_mm.core.exceptions import CheckpointError
from adacode_mm.models.losses.frozen_backbone import read_state_dict


def weights_file(url: str) -> Path:
    """Where a published file has to be, there or not."""
    return Path(torch.hub.get_dir(), 'checkpoints', url.rsplit('/', 1)[-1])


def missing_file(url: str) -> str | None:
    """A sentence that says where to get a published file and where to put it;
    None if it is there."""
    file = weights_file(url)
    if file.is_file():
        return None
    return (
        f'{file.name} is needed and there is no such file: get it from {url} '
        f'and put it in the folder {file.parent}.'
    )


def read_weights(url: str) -> Mapping[str, torch.Tensor]:
    """A state dict, from where it has to be put by hand.

    Nothing is downloaded. The file is read with `weights_only`: a file that
    passes runs no code, whoever reads it next.

    Args:
        url: Where the file is published; its name is kept.

    Raises:
        CheckpointError: If the file is missing, damaged or unsafe.
    """
    missing = missing_file(url)
    if missing:
        raise CheckpointError(missing)
    return read_state_dict(weights_file(url), url)
