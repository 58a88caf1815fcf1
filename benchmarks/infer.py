"""Measure how long restoring an image takes, beside other ways, in turn.

Each way runs in processes of its own, one after the other in each round.
"""

import argparse
import math
import statistics
import tempfile
from pathlib import Path

import adacode_mm  # noqa: F401  # isort: skip  # adapts MMagic: comes first
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm import tqdm

from adacode_mm.checkpoints.model_file import open_model
from adacode_mm.core.exceptions import InputError
from adacode_mm.models.adacode.fast.accelerate import accelerate
from adacode_mm.models.layers.padding import padded_forward
from adacode_mm.registry import MODELS
from adacode_mm.training.run_config import load_config
from benchmarks.records import (
    append_record,
    clock,
    command,
    in_a_process,
    part_clock,
    peak_mib,
    reset_peak,
    run_main,
    run_record,
)
from benchmarks.released import as_released

DTYPES = ('float32', 'bfloat16', 'float16')
OTHERS = {
    'released': as_released,
    'channels_last': lambda net: net.to(memory_format=torch.channels_last),
}


def load_network(model: str, seed: int) -> nn.Module:
    """Network of a config, with random weights, or of a file of weights.

    Raises:
        InputError: If there is no such file.
    """
    if not Path(model).exists():
        raise InputError(f'There is no config or file of weights at {model}.')
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
def measure(model, side, dtype, size, iters, device, seed, save) -> dict:
    """One way in this process; `save` gets image and indices.

    Memory is what the first pass needs besides what the process had before.
    """
    net, image = load_network(model, seed), sample_image(*size, seed)
    net = OTHERS.get(side, accelerate)(net).to(device)
    image, kind = image.to(device), getattr(torch, dtype)
    parts = {
        name: list(child) if isinstance(child, nn.ModuleList) else [child]
        for name, child in net.named_children()
    }
    with torch.autocast(device, kind, enabled=kind != torch.float32):
        reset_peak(device)
        before = peak_mib(device)
        out = padded_forward(net, image)
        peak = peak_mib(device) - before
        found = clock(lambda: padded_forward(net, image), iters)
        with part_clock(parts, device) as seconds:
            padded_forward(net, image)
    indices = [quantized.indices.cpu() for quantized in out.quantized]
    torch.save({'image': out.image.float().cpu(), 'indices': indices}, save)
    seconds = {part: value for part, value in seconds.items() if value}
    return {**found, 'parts': seconds, 'peak_mib': {'all': peak}}


def benchmark(args: argparse.Namespace) -> dict:
    """All ways in turn; the record."""
    device = args.device or ('cuda' if torch.cuda.is_available() else 'cpu')
    ways = [(side, 'float32') for side in args.against]
    ways += [('ours', dtype) for dtype in args.dtypes]
    runs, outputs = {way: [] for way in ways}, {}
    with tempfile.TemporaryDirectory() as folder:
        for _, way in tqdm([(n, w) for n in range(args.rounds) for w in ways]):
            how = {
                'model': str(Path(args.model).resolve()),
                'side': way[0],
                'dtype': way[1],
                'size': args.size,
                'iters': args.iters,
                'device': device,
                'seed': args.seed,
                'save': f'{folder}/out.pth',
            }
            runs[way].append(in_a_process('benchmarks.infer', how))
            outputs[way] = torch.load(how['save'], weights_only=True)
    return {
        **run_record(args.model, args.seed, device),
        'command': command('infer'),
        'size': args.size,
        'iters': args.iters,
        'rounds': args.rounds,
        'ways': {
            ' '.join(way): medians(runs[way])
            | _differences(outputs[way], outputs[ways[0]])
            for way in ways
        },
    }


def medians(runs: list[dict]) -> dict:
    """The median of each number of some runs, also inside of dicts."""
    return {
        key: medians([run[key] for run in runs])
        if isinstance(value, dict)
        else statistics.median(run[key] for run in runs)
        for key, value in runs[0].items()
    }


def _differences(out, first):
    """How far the values are from those of the first way."""
    error = (out['image'] - first['image']).double()
    mse = error.square().mean().item()
    pairs = zip(out['indices'], first['indices'], strict=True)
    same = [(a == b).double().mean().item() for a, b in pairs]
    return {
        'relative_error': (error.norm() / first['image'].norm()).item(),
        'psnr': 10 * math.log10(1 / mse) if mse else None,
        'equal_indices': statistics.mean(same),
    }


def _size(text):
    width, height = text.lower().split('x')
    return [int(height), int(width)]


def parse_args(argv=None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add(
        'model',
        nargs='?',
        default='configs/adacode/stage3_sr_x4.py',
        help='config, for random weights, or file of weights',
    )
    add('--size', type=_size, default='128x128', metavar='WxH')
    add('--dtypes', nargs='+', choices=DTYPES, default=['float32', 'bfloat16'])
    add('--against', nargs='+', choices=list(OTHERS), default=[])
    add('--iters', type=int, default=3, help='passes a process')
    add('--rounds', type=int, default=3, help='processes for each way')
    add('--device', choices=['cpu', 'cuda'])
    add('--json', metavar='FILE', help='append the record to a file')
    add('--seed', type=int, default=0)
    return parser.parse_args(argv)  # fmt: skip


def main(argv=None) -> None:
    from benchmarks.make_page import inference

    args = parse_args(argv)
    record = benchmark(args)
    if args.json:
        append_record(args.json, record)
    print(inference([record]))


if __name__ == '__main__':
    run_main(main)
