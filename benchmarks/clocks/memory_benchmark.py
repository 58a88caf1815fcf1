"""Peak memory and time of restoring one image, in a process of its own."""

import shlex
import sys
import time
from contextlib import nullcontext

import torch
from mmengine.config import Config

from adacode_mm.core.exceptions import InputError
from adacode_mm.models.adacode.fast.accelerate import accelerate
from adacode_mm.models.adacode.memory_estimate import whole_bytes
from adacode_mm.models.layers.padding import padded_shape
from adacode_mm.registry import MODELS
from adacode_mm.restoring.restore import restore

from .peak_memory import peak_memory
from .records import append_record, run_record


def benchmark_memory(
    config: str,
    output_size: tuple[int, int],
    tile: str = 'exact',
    memory: int | None = None,
    plain: bool = False,
    dtype: str = 'float32',
    json_file: str | None = None,
) -> dict:
    """Restore one random image and print what the process took.

    Args:
        config: A config with `model.generator`; its weights are random,
            which changes neither time nor memory.
        output_size: Width and height of the restored image.
        tile: As in `adacode_mm.restoring.restore`.
        memory: As in `restore`.
        plain: Take the network as it is trained, not the accelerated one.
        dtype: `float32`, or `bfloat16` for autocast.
        json_file: Append the record to this list.

    Returns:
        The record. `peak_gib` is the most memory that the process ever had,
        imports included.

    Raises:
        InputError: If the size is no multiple of the scale.
    """
    started = time.perf_counter()
    torch.manual_seed(0)
    net = MODELS.build(Config.fromfile(config).model.generator).eval()
    if not plain:
        net = accelerate(net)
    width, height = output_size
    if width % net.scale or height % net.scale:
        raise InputError(
            f'The output must be a multiple of the scale {net.scale}, got '
            f'{width}x{height}.'
        )
    image = torch.rand(1, 3, height // net.scale, width // net.scale)
    estimate = whole_bytes(net, padded_shape(net, image.shape))
    before = _peak()
    with _autocast(dtype):
        clock, cpu = time.perf_counter(), time.process_time()
        out = restore(
            net, image, tile=tile, memory=memory, progress=_Progress()
        )
        clock, cpu = time.perf_counter() - clock, time.process_time() - cpu
    assert out.image.shape[2:] == (height, width)
    record = run_record(config, seed=0, device='cpu') | {
        'command': shlex.join(sys.argv),
        'output': f'{width}x{height}',
        'tile': tile,
        'memory': memory,
        'network': 'plain' if plain else 'accelerated',
        'dtype': dtype,
        'peak_gib': round(_peak(), 2),
        'before_gib': round(before, 2),
        'whole_estimate_gib': round(estimate / 2**30, 2),
        'seconds': round(clock, 1),
        'cpu_seconds': round(cpu, 1),
        'seconds_in_all': round(time.perf_counter() - started, 1),
    }
    print(
        f'{record["output"]} {tile}: peak {record["peak_gib"]} GiB '
        f'(before {record["before_gib"]} GiB), {record["seconds"]} s, '
        f'{record["cpu_seconds"]} s of CPU; one pass is estimated to take '
        f'{record["whole_estimate_gib"]} GiB more than before.'
    )
    if json_file:
        append_record(json_file, record)
    return record


class _Progress:
    """A line now and then."""

    def __init__(self):
        self._last = time.perf_counter()

    def __call__(self, done, message):
        if time.perf_counter() - self._last > 20:
            self._last = time.perf_counter()
            print(f'{done:4.0%} {message}', file=sys.stderr, flush=True)


def _peak():
    return peak_memory('cpu') / 1024


def _autocast(dtype):
    if dtype == 'float32':
        return nullcontext()
    return torch.autocast('cpu', getattr(torch, dtype))
