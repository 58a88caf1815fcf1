"""The discriminator of a file of weights, for those who train on."""

from collections.abc import Mapping
from typing import NamedTuple

from torch import Tensor, nn

from adacode_mm.core.exceptions import CheckpointError
from adacode_mm.registry import MODELS

from .strict import load_strictly
from .weights_file import WeightsFile

_FIRST = 'conv_0.weight'


class DiscriminatorInfo(NamedTuple):
    """What a file of a discriminator holds.

    Attributes:
        architecture: 'UNetDiscriminatorWithSpectralNorm'.
        config: Build config of the network, for MMagic's `MODELS.build`.
    """

    architecture: str
    config: dict


def build_discriminator(
    file: WeightsFile,
) -> tuple[nn.Module, DiscriminatorInfo]:
    """The discriminator of a file: MMagic's, in evaluation mode, float32.

    Raises:
        CheckpointError: If there is none, or it does not fit; keys are named.
    """
    state = file.part('discriminator')
    config = _infer_config(state, file.source)
    info = DiscriminatorInfo(config['type'], config)
    stated = file.config if file.info else None
    if stated is not None and stated != config:
        raise CheckpointError(
            f'The config of {file.source} must be {config} by the shapes of '
            f'the weights, got {stated}: one of them belongs to another '
            f'network.'
        )
    net = MODELS.build(config).float()
    load_strictly(net, state, file.source)
    return net.eval(), info


def _infer_config(state: Mapping[str, Tensor], source: str) -> dict:
    first = state.get(_FIRST)
    if first is None or first.ndim != 4:
        raise CheckpointError(
            f'A discriminator has a parameter {_FIRST!r} of 4 dimensions, but '
            f'{source} has none: it belongs to another architecture or is '
            f'incomplete.'
        )
    return {
        'type': 'UNetDiscriminatorWithSpectralNorm',
        'in_channels': first.shape[1],
        'mid_channels': first.shape[0],
        # No shape tells, but no discriminator of AdaCode does without.
        'skip_connection': True,
    }
