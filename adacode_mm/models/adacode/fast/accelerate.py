"""From a network that can be trained to one that is only run."""

import torch
from torch import nn

from adacode_mm.core.exceptions import InputError
from adacode_mm.models.adacode.codebook_net import CodebookNet

from .accelerated_net import AcceleratedNet
from .fast_blocks import FastDownBlock, FastUpBlock
from .fused_swin import FusedBlock
from .packed_layers import PackedConv, PackedLinear

_LAYOUTS = {
    'auto': None,
    'channels_last': torch.channels_last,
    'contiguous': torch.contiguous_format,
}


def accelerate(
    net: nn.Module,
    *,
    memory_format: str = 'auto',
    compile: bool = False,
) -> nn.Module:
    """A network with the same values up to rounding that takes less time.

    It has the structure and attributes of `CodebookNet`, but no gradients and
    no training mode; of its `Quantized` only `indices` are there, `pre_quant`
    is empty. For bfloat16 or float16, call it under `torch.autocast`: weights
    are converted once, and codes are chosen in float32. It can be moved by
    `to` as any module.

    Parameters share the memory of those given, which stay as they are. What
    is computed from them is computed once: after more training, accelerate
    again.

    Args:
        net: A `CodebookNet`.
        memory_format: Of feature maps, 'channels_last' or 'contiguous';
            'auto' is channels-last on CPUs and in half precision.
        compile: Compile blocks with `torch.compile` at the first call and
            for other sizes. Meant for GPUs: CPUs then do without weights in
            their library's order.

    Raises:
        InputError: If an argument is none of these.
    """
    if not isinstance(net, CodebookNet) or isinstance(net, AcceleratedNet):
        raise InputError(
            f'Only a CodebookNet can be accelerated, and only once, got a '
            f'{type(net).__name__}: use it as it is.'
        )
    if memory_format not in _LAYOUTS:
        raise InputError(
            f'memory_format must be one of {tuple(_LAYOUTS)}, got '
            f'{memory_format!r}.'
        )
    fast = AcceleratedNet(net)
    for module in fast.modules():
        if isinstance(module, PackedConv):
            module.layout = _LAYOUTS[memory_format]
        if isinstance(module, PackedConv | PackedLinear):
            module.packs = not compile
        if compile and isinstance(
            module, FastDownBlock | FastUpBlock | FusedBlock
        ):
            module.compile()
    return fast
