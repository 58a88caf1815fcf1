"""Time and memory of one way to run a network, in this process."""

import copy
import statistics
import time
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from adacode_mm.checkpoints.model_file import open_model
from adacode_mm.models.adacode.fast.accelerate import accelerate
from adacode_mm.models.adacode.fast.packed_layers import PackedConv
from adacode_mm.models.layers.padding import (
    pad_symmetric,
    padded_forward,
    padded_size,
)
from adacode_mm.registry import MODELS
from adacode_mm.training.run_config import load_config

from .part_clock import PartClock, parts_of
from .peak_memory import peak_memory, reset_peak
from .released_network import as_released

SIDES = ('released', 'channels_last', 'ours')


def load_network(model: str, seed: int) -> nn.Module:
    """Network of a config, with random weights, or of a file of weights."""
    if Path(model).suffix != '.py':
        return open_model(model)[0]
    torch.manual_seed(seed)
    net = MODELS.build(load_config(model).model.generator).eval()
    for quantizer in net.quantizers:
        # As far apart as trained codes. New ones are all but equal: then
        # rounding decides which of them is the nearest.
        nn.init.normal_(quantizer.embedding.weight, std=0.5)
    return net


def sample_image(height: int, width: int, seed: int) -> Tensor:
    """Smooth colours with some noise, (1, 3, height, width) in [0, 1]."""
    rng = torch.Generator().manual_seed(seed)
    small = torch.rand(1, 3, 8, 8, generator=rng)
    image = F.interpolate(small, (height, width), mode='bicubic')
    noise = torch.randn(image.shape, generator=rng)
    return (image + 0.02 * noise).clamp(0, 1)


@torch.inference_mode()
def measure_inference(
    model: str,
    side: str,
    dtype: str,
    size: tuple[int, int],
    iters: int,
    device: str = 'cpu',
    seed: int = 0,
) -> tuple[dict, dict]:
    """Run a network a few times and measure it.

    Args:
        model: Path of a config, or of a file of weights.
        side: One of `SIDES`: the release's way of computing, the same graph
            in channels-last format, or the accelerated network.
        dtype: Name of the type of autocast; 'float32' for none.
        size: Height and width of the input.
        iters: Passes to take medians over, twice: as a whole, then by part.
        device: 'cpu' or 'cuda'.
        seed: Of random weights and the image.

    Returns:
        The numbers (memory is what the first pass needed besides what the
        process had before), and tensors to compare with other sides: `image`
        and `indices`.
    """
    net = load_network(model, seed)
    image = sample_image(*size, seed)
    flops = count_products(net, image)
    net = _prepared(net, side).to(device)
    image = image.to(device)
    kind = getattr(torch, dtype)
    with torch.autocast(device, kind, enabled=kind != torch.float32):
        # The first pass is measured for its memory: afterwards, the process
        # keeps what it has.
        reset_peak(device)
        before = peak_memory(device)
        clock = PartClock(net, device)
        out = padded_forward(net, image)
        peaks = {part: x - before for part, x in clock.peak_mib.items()}
        clock.stop()
        padded_forward(net, image)
        passes = [_timed(net, image, device) for _ in range(iters)]
        parts = [_by_part(net, image, device) for _ in range(iters)]
    numbers = {
        'passes': passes,
        'parts': {
            name: statistics.median(each[name] for each in parts)
            for name in parts[0]
        },
        'peak_mib': {**peaks, 'all': max(peaks.values())},
        'gflop': {part: count / 1e9 for part, count in flops.items()},
        'peak_gflops': convolution_peak(kind, device),
    }
    indices = [quantized.indices.cpu() for quantized in out.quantized]
    return numbers, {'image': out.image.float().cpu(), 'indices': indices}


def count_products(net: nn.Module, image: Tensor) -> dict[str, int]:
    """Floating point operations of each part as the release computes it."""
    multiple = net.size_multiple
    sides = [padded_size(n, multiple) for n in image.shape[2:]]
    meta = copy.deepcopy(net).to('meta')
    with FlopCounterMode(display=False) as counter:
        meta(pad_symmetric(image, *sides).to('meta'))
    names = {module: name for name, module in meta.named_modules()}
    top = type(meta).__name__
    counts = counter.get_flop_counts()
    flops = {
        part: sum(
            sum(counts.get(f'{top}.{names[module]}', {}).values())
            for module in modules
        )
        for part, modules in parts_of(meta).items()
    }
    total = sum(counts['Global'].values())
    return {**flops, 'codes': total - sum(flops.values()), 'all': total}


def convolution_peak(dtype: torch.dtype, device: str) -> float:
    """GFLOP per second of the best 3x3 convolution, 256 to 256 channels."""
    with torch.inference_mode(False):
        conv = PackedConv(256, 256, 3, padding=1).requires_grad_(False)
    conv = conv.to(device)
    x = torch.rand(1, 256, 128, 128, device=device, dtype=dtype)
    x = x.contiguous(memory_format=torch.channels_last)
    flop = 2 * 9 * 256**2 * 128**2
    return flop / min(_seconds(conv, x, device) for _ in range(8)) / 1e9


def _prepared(net, side):
    if side == 'released':
        return as_released(net)
    if side == 'channels_last':
        return net.to(memory_format=torch.channels_last)
    return accelerate(net)


def _seconds(function, x, device):
    _wait(device)
    begun = time.perf_counter()
    function(x)
    _wait(device)
    return time.perf_counter() - begun


def _timed(net, image, device):
    cpu = time.process_time()
    wall = _seconds(lambda x: padded_forward(net, x), image, device)
    return {'wall': wall, 'cpu': time.process_time() - cpu}


def _by_part(net, image, device):
    clock = PartClock(net, device)
    total = _seconds(lambda x: padded_forward(net, x), image, device)
    clock.stop()
    return {**clock.seconds, 'other': total - sum(clock.seconds.values())}


def _wait(device):
    if device != 'cpu':
        torch.cuda.synchronize()
