"""What a network is for: kind, task and scale."""

from typing import NamedTuple

from torch import nn

from adacode_mm.models.family import family_of


class ModelInfo(NamedTuple):
    """What a file of weights holds.

    Attributes:
        architecture: 'AdaCode' (several codebooks, mixed), 'FeMaSR' (one
            codebook, with Swin layers or semantic head; so is stage I of
            AdaCode), 'VQGAN' (one codebook, neither), or what the makers of
            another network call it.
        task: 'sr', 'inpaint', 'reconstruct' or 'restore'.
        scale: Ratio of output to input size.
        config: Build config of the network, for `MODELS.build`.
        codebooks: What the codebooks are called, in order, where a file of
            `save_model` says so; None otherwise.
        origin: Who wrote a network that is not of this package, with version
            and licence, where they are known.
    """

    architecture: str
    task: str
    scale: int
    config: dict
    codebooks: tuple[str, ...] | None = None
    origin: str = ''


def describe_network(net: nn.Module, config: dict) -> ModelInfo:
    """Info of a network built from `config`."""
    traits = family_of(net).traits(net)
    return ModelInfo(
        traits.architecture,
        traits.task,
        traits.scale,
        config,
        origin=traits.origin,
    )
