"""Any file of weights to one with its config inside, checked."""

import copy
import os
import uuid
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn

from adacode_mm.core.atomic_files import TEMPORARY, writing
from adacode_mm.core.exceptions import CheckpointError
from adacode_mm.models.family import family_of

from .discriminator_file import DiscriminatorInfo, build_discriminator
from .model_file import build_generator, read_model, save_model
from .model_info import ModelInfo
from .weights_file import WeightsFile, read_weights

_PART = 'discriminator.'


class Conversion(NamedTuple):
    """What was converted.

    Attributes:
        info: What the network is.
        codebooks: Number and length of the codes of each codebook.
        parameters: Number of parameters.
        tensors: Number of tensors in the file.
        left_out: Keys of the source that are computed or of no network.
        checked_on: Height and width of the image of the check.
        change: Largest difference of the output from that of the source,
            relative to its largest absolute value; 0 in float32.
        bytes: Size of the file.
    """

    info: ModelInfo | DiscriminatorInfo
    codebooks: list[tuple[int, int]]
    parameters: int
    tensors: int
    left_out: list[str]
    checked_on: tuple[int, int]
    change: float
    bytes: int


def convert_file(
    source: str | os.PathLike,
    target: str | os.PathLike,
    dtype: torch.dtype = torch.float32,
    config: dict | None = None,
) -> Conversion:
    """Write the network of a file to another one, with its config inside.

    Before the file gets its name, it is read back, and what comes out of the
    network of an image is compared with the source: equal to the bit, to the
    network with its weights rounded to `dtype` if that is not float32.

    Args:
        source: As for `open_model`, or a file with a discriminator alone.
        target: File to write or to replace, `.safetensors` or `.pth`.
        dtype: Of the numbers in the file.
        config: As for `open_model`.

    Raises:
        CheckpointError: If the source cannot be used, or the file does not
            give the same network; then nothing is written.
        OutputError: If the file cannot be written.
    """
    target = Path(target)
    file, config = read_model(source, config)
    net, info = _build(file, config)
    family = family_of(net) if isinstance(info, ModelInfo) else None
    codes = family and family.codes(net)
    image = _picture(family.traits(net).size.fitted(16) if family else 32)
    expected = _output(net, image, file.source)
    temporary = target.with_name(
        f'{TEMPORARY}{uuid.uuid4().hex}{target.suffix}'
    )
    try:
        with writing(target):
            temporary.touch()
        save_model(net, info, temporary, dtype)
        again, _ = _build(read_weights(temporary), None)
        found = _output(again, image, str(target))
        rounded = copy.deepcopy(net).to(dtype).float()
        if not torch.equal(found, _output(rounded, image, file.source)):
            raise CheckpointError(
                f'The network read back from {target} should give the same '
                f'image as the one of {file.source}, but it does not: nothing '
                f'was kept; try again on another disk.'
            )
        size = temporary.stat().st_size
        with writing(target):
            os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)
    change = (found - expected).abs().max() / expected.abs().max()
    return Conversion(
        info,
        list(zip(codes.sizes, codes.dims, strict=True)) if codes else [],
        sum(p.numel() for p in net.parameters()),
        len(net.state_dict()),
        file.left_out,
        tuple(image.shape[2:]),
        change.item(),
        size,
    )


def _build(file: WeightsFile, config):
    if file.state and all(key.startswith(_PART) for key in file.state):
        return build_discriminator(file)
    return build_generator(file, config)


def _picture(side) -> Tensor:
    """Noise, the same each time; the random numbers of others stay."""
    generator = torch.Generator().manual_seed(0)
    return torch.rand(1, 3, side, side, generator=generator)


@torch.no_grad()
def _output(net: nn.Module, image: Tensor, source: str) -> Tensor:
    output = net(image)
    output = getattr(output, 'image', output)
    if not output.isfinite().all():
        raise CheckpointError(
            f'The network of {source} should give finite numbers, but it '
            f'gives infinite ones for an image of noise: its weights are '
            f'damaged, or too large for this type of numbers.'
        )
    return output
