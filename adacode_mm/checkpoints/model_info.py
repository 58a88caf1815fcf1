"""What a network is for: kind, task and scale, found from its parts."""

from typing import NamedTuple

from adacode_mm.models.adacode.codebook_net import CodebookNet


class ModelInfo(NamedTuple):
    """What a file of weights holds.

    Attributes:
        architecture: 'AdaCode' (several codebooks, mixed), 'FeMaSR' (one
            codebook, with Swin layers or semantic head; so is stage I of
            AdaCode) or 'VQGAN' (one codebook, neither).
        task: 'sr', 'inpaint' or 'reconstruct'. Of the two that keep the size,
            the former has the Swin layers for degraded images.
        scale: Ratio of output to input size.
        config: Build config of the network, for `MODELS.build`.
        codebooks: What the codebooks are called, in order, where a file of
            `save_model` says so; None otherwise.
    """

    architecture: str
    task: str
    scale: int
    config: dict
    codebooks: tuple[str, ...] | None = None


def describe_network(net: CodebookNet, config: dict) -> ModelInfo:
    """Info of a network built from `config`."""
    restores = net.encoder.swin is not None
    architecture = 'VQGAN'
    if len(net.quantizers) > 1:
        architecture = 'AdaCode'
    elif restores or net.semantic_head is not None:
        architecture = 'FeMaSR'
    task = 'inpaint' if restores else 'reconstruct'
    if net.scale > 1:
        task = 'sr'
    return ModelInfo(architecture, task, net.scale, config)
