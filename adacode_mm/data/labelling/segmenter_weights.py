"""Where the weights of the segmentation network are."""

import os

from adacode_mm.core.exceptions import CheckpointError
from adacode_mm.core.fetching import fetch

DEFAULT_CONFIG = (
    'mmseg::segformer/segformer_mit-b5_8xb2-160k_ade20k-640x640.py'
)
DEFAULT_URL = (
    'https://download.openmmlab.com/mmsegmentation/v0.5/segformer/'
    'segformer_mit-b5_640x640_160k_ade20k/'
    'segformer_mit-b5_640x640_160k_ade20k_20210801_121243-41d2845b.pth'
)


def find_weights(checkpoint: str | None, config: str = DEFAULT_CONFIG) -> str:
    """Path of the weights; what is not there is fetched, once.

    Args:
        checkpoint: A file, a URL, or None for the published weights of the
            default config (about 330 MB).
        config: The config they are for.

    Raises:
        CheckpointError: If there is no such file, or it cannot be fetched.
    """
    if checkpoint is None:
        if config != DEFAULT_CONFIG:
            raise CheckpointError(
                f'The config {config!r} needs its own weights: add '
                f'--checkpoint FILE.'
            )
        checkpoint = DEFAULT_URL
    if checkpoint.startswith(('http://', 'https://')):
        return os.fspath(fetch(checkpoint))
    if not os.path.isfile(checkpoint):
        raise CheckpointError(
            f'There are no weights at {checkpoint!r}: check --checkpoint; '
            f'those of the default config are at {DEFAULT_URL}.'
        )
    return checkpoint
