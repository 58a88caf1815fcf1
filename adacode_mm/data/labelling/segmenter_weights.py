"""Where the weights of the segmentation network are."""

import os

import torch

from adacode_mm.checkpoints.download import download
from adacode_mm.core.exceptions import CheckpointError

DEFAULT_CONFIG = (
    'mmseg::segformer/segformer_mit-b5_8xb2-160k_ade20k-640x640.py'
)
DEFAULT_URL = (
    'https://download.openmmlab.com/mmsegmentation/v0.5/segformer/'
    'segformer_mit-b5_640x640_160k_ade20k/'
    'segformer_mit-b5_640x640_160k_ade20k_20210801_121243-41d2845b.pth'
)


def find_weights(checkpoint: str | None, config: str = DEFAULT_CONFIG) -> str:
    """Path of the weights; a URL is fetched, once.

    Args:
        checkpoint: A file, a URL, or None for the published weights of the
            default config in PyTorch's cache.
        config: The config they are for.

    Raises:
        CheckpointError: If there is no such file; it names what to fetch.
    """
    cache = os.path.join(torch.hub.get_dir(), 'checkpoints')
    if checkpoint is None:
        if config != DEFAULT_CONFIG:
            raise CheckpointError(
                f'The config {config!r} needs its own weights, and none were '
                f'given: add --checkpoint FILE.'
            )
        path = os.path.join(cache, os.path.basename(DEFAULT_URL))
        if not os.path.isfile(path):
            raise CheckpointError(
                f'The weights of SegFormer (MiT-B5, ADE20K, 640x640, about '
                f'330 MB) must lie at {path!r}, but there is no such file: '
                f'fetch {DEFAULT_URL} and put it there, or give its place '
                f'with --checkpoint FILE.'
            )
        return path
    if checkpoint.startswith(('http://', 'https://')):
        path = os.path.join(cache, os.path.basename(checkpoint))
        return os.fspath(download(checkpoint, path))
    if not os.path.isfile(checkpoint):
        raise CheckpointError(
            f'There must be weights at {checkpoint!r}, but there is no such '
            f'file: check --checkpoint; those of the default config are at '
            f'{DEFAULT_URL}.'
        )
    return checkpoint
