"""How a model is executed: memory formats, compiled networks.

Nothing here changes what is computed but for the order of summations.
"""

import contextlib
from collections.abc import Iterator

import torch
from torch import nn

from adacode_mm.core.exceptions import ConfigError

MEMORY_FORMATS = {
    'contiguous': torch.contiguous_format,
    'channels_last': torch.channels_last,
}


def memory_format_on(device: torch.device, name: str) -> torch.memory_format:
    """Memory format of images and convolutions on a device.

    Args:
        device: Where the model runs.
        name: 'contiguous', 'channels_last', or 'auto' for what is faster:
            channels last on the CPU, where every layer of the networks has a
            kernel for it. PyTorch's group normalisation on GPUs has none and
            would convert there and back at each layer.

    Raises:
        ConfigError: If there is no such format.
    """
    if name == 'auto':
        name = 'channels_last' if device.type == 'cpu' else 'contiguous'
    if name not in MEMORY_FORMATS:
        raise ConfigError(
            f'train_cfg.memory_format must be one of '
            f'{("auto", *MEMORY_FORMATS)}, got {name!r}.'
        )
    return MEMORY_FORMATS[name]


def compile_in_place(network: nn.Module) -> None:
    """Compile a network at its first call, for one image size.

    In place: `state_dict` keeps its names, and a distributed wrapper that is
    put around the network later calls the compiled one.

    Not for networks with spectral normalisation, such as the discriminator:
    compiled, they change what earlier calls in a step need for their
    gradients.
    """
    network.compile(dynamic=False)


@contextlib.contextmanager
def without_compiling(compiled: bool) -> Iterator[None]:
    """Run compiled networks as they are written.

    Whole images come in every size, and compiling for each would take longer
    than running them.
    """
    with contextlib.ExitStack() as stack:
        if compiled:
            stack.enter_context(torch.compiler.set_stance('force_eager'))
        yield
