"""Measure the peak memory of restoring one large random image on the CPU."""

import argparse
import time

import adacode_mm  # noqa: F401  # isort: skip  # adapts MMagic: comes first
import torch
from tqdm import tqdm

from adacode_mm.core.exceptions import InputError
from adacode_mm.models.adacode.fast.accelerate import accelerate
from adacode_mm.models.adacode.memory_estimate import whole_bytes
from adacode_mm.models.layers.padding import padded_shape
from adacode_mm.restoring.restore import restore
from benchmarks.infer import load_network
from benchmarks.records import (
    append_record,
    command,
    peak_mib,
    run_main,
    run_record,
)


def memory_record(args: argparse.Namespace) -> dict:
    """Restore it, and what the process took, imports included.

    Raises:
        InputError: If the size is no multiple of the scale.
    """
    net = load_network(args.config, 0)
    width, height = args.output
    if width % net.scale or height % net.scale:
        raise InputError(
            f'--output must be a multiple of the scale {net.scale}, got '
            f'{width}x{height}.'
        )
    net = net if args.plain else accelerate(net)
    image = torch.rand(1, 3, height // net.scale, width // net.scale)
    estimate = whole_bytes(net, padded_shape(net, image.shape))
    before, dtype = peak_mib('cpu'), getattr(torch, args.dtype)
    with (
        torch.autocast('cpu', dtype, enabled=dtype != torch.float32),
        tqdm(total=1, bar_format='{l_bar}{bar}| {elapsed}{postfix}') as bar,
    ):

        def show(done, message):
            bar.update(done - bar.n)

        clock, cpu = time.perf_counter(), time.process_time()
        restore(net, image, tile=args.tile, memory=args.memory, progress=show)
        clock, cpu = time.perf_counter() - clock, time.process_time() - cpu
    return {
        **run_record(args.config, 0, 'cpu'),
        'command': command('memory'),
        'output': f'{width}x{height}',
        'tile': args.tile,
        'memory': args.memory,
        'network': 'plain' if args.plain else 'accelerated',
        'dtype': args.dtype,
        'peak_gib': round(peak_mib('cpu') / 1024, 2),
        'before_gib': round(before / 1024, 2),
        'whole_estimate_gib': round(estimate / 2**30, 2),
        'seconds': round(clock, 1),
        'cpu_seconds': round(cpu, 1),
    }


def _size(text):
    width, height = text.split('x')
    return int(width), int(height)


def main(argv=None) -> None:
    from benchmarks.make_page import memory

    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add('config', help='for example configs/adacode/stage3_sr_x4.py')
    add('--output', type=_size, default='4000x3000', metavar='WxH')
    add('--tile', default='exact', choices=['auto', 'whole', 'exact'])
    add('--memory', type=int, metavar='BYTES', help='what it may use')
    add('--plain', action='store_true', help='the network as it is trained')
    add('--dtype', default='float32', choices=['float32', 'bfloat16'])
    add('--json', metavar='FILE', help='append the record to a file')
    args = parser.parse_args(argv)
    record = memory_record(args)
    if args.json:
        append_record(args.json, record)
    print(memory([record]))


if __name__ == '__main__':
    run_main(main)
