"""Measure ways to run a network in processes of their own, in turn."""

import json
import math
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from tqdm import tqdm

from adacode_mm.core.exceptions import InputError
from adacode_mm.core.parent_process import end_with_parent

from .inference_table import inference_table
from .measure_inference import SIDES, measure_inference
from .records import append_record, run_record

DTYPES = ('float32', 'bfloat16', 'float16')


def benchmark_infer(
    model: str,
    size: tuple[int, int] = (128, 128),
    dtypes: tuple[str, ...] = ('float32', 'bfloat16'),
    against: tuple[str, ...] = (),
    iters: int = 3,
    rounds: int = 3,
    device: str | None = None,
    json_file: str | None = None,
    seed: int = 0,
) -> dict:
    """Measure the accelerated network, and others in turn, print a table.

    Args:
        model: Path of a config, for random weights, or a file of weights.
        size: Height and width of the input.
        dtypes: Of the accelerated network.
        against: Other sides, in float32: 'released', 'channels_last'.
        iters: Passes that medians are taken over in each process.
        rounds: Processes for each side.
        device: 'cpu' or 'cuda'; 'cuda' by default where there is one.
        json_file: File that the record is appended to.
        seed: Of random weights and the image.

    Returns:
        The record.

    Raises:
        InputError: If an argument or the model cannot be used.
    """
    if device is None:
        device = 'cuda' if torch.cuda.is_available() else 'cpu'
    _check(model, size, dtypes, against, iters, rounds)
    ways = [(side, 'float32') for side in against]
    ways += [('ours', dtype) for dtype in dtypes]
    runs, outputs = {way: [] for way in ways}, {}
    how = [list(size), iters, device, seed]
    bar = tqdm(total=rounds * len(ways), desc='processes')
    with bar, tempfile.TemporaryDirectory() as folder:
        for _ in range(rounds):
            for way in ways:
                bar.set_postfix_str(' '.join(way))
                numbers, out = _in_a_process([model, *way, *how], folder)
                runs[way].append(numbers)
                outputs[way] = out
                bar.update()
    record = {
        **run_record(model, seed, device),
        'command': ' '.join(sys.argv),
        'size': list(size),
        'iters': iters,
        'rounds': rounds,
        'gflop': runs[ways[0]][0]['gflop'],
        'ways': {
            ' '.join(way): {
                **_summary(runs[way]),
                **_differences(outputs[way], outputs[ways[0]]),
            }
            for way in ways
        },
    }
    if json_file:
        append_record(json_file, record)
    print(inference_table(record))
    return record


def _check(model, size, dtypes, against, iters, rounds):
    if not Path(model).exists():
        raise InputError(
            f'The model must be a config or a file of weights, but there is '
            f'no {model}: check the path.'
        )
    if min(size) < 1:
        raise InputError(f'The size must be at least 1x1, got {size}.')
    for name, given, known in (
        ('dtypes', dtypes, DTYPES),
        ('against', against, SIDES[:-1]),
    ):
        if not set(given) <= set(known):
            raise InputError(f'{name} must be of {known}, got {given}.')
    if not dtypes or min(iters, rounds) < 1:
        raise InputError(
            f'There must be at least one dtype, pass and round, got {dtypes}, '
            f'{iters} and {rounds}.'
        )


def _in_a_process(arguments, folder):
    """Each with its own memory, and none behind the caches of another."""
    out = Path(folder, 'result')
    done = subprocess.run(
        [sys.executable, '-m', __name__, json.dumps(arguments), str(out)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ['no output']
        raise InputError(
            f'The network could not be measured: '
            f'{lines[-1].removeprefix("error: ")}'
        )
    return torch.load(out, weights_only=True)


def _summary(runs):
    passes = [each for run in runs for each in run['passes']]
    parts = runs[0]['parts']
    peaks = runs[0]['peak_mib']
    return {
        'wall_seconds': statistics.median(p['wall'] for p in passes),
        'cpu_seconds': statistics.median(p['cpu'] for p in passes),
        'parts': {
            part: statistics.median(run['parts'][part] for run in runs)
            for part in parts
        },
        'peak_mib': {
            part: statistics.median(run['peak_mib'][part] for run in runs)
            for part in peaks
        },
        'peak_gflops': max(run['peak_gflops'] for run in runs),
        'passes': passes,
    }


def _differences(out, first):
    """How far the values are from those of the first way."""
    error = (out['image'] - first['image']).double()
    mse = error.square().mean().item()
    same = [
        (a == b).double().mean().item()
        for a, b in zip(out['indices'], first['indices'], strict=True)
    ]
    return {
        'relative_error': (error.norm() / first['image'].norm()).item(),
        'psnr': 10 * math.log10(1 / mse) if mse else None,
        'equal_indices': statistics.mean(same),
    }


def _child():
    """One way, measured in this process; its result goes to a file."""
    end_with_parent()
    arguments, out = sys.argv[1:]
    model, side, dtype, size, iters, device, seed = json.loads(arguments)
    try:
        result = measure_inference(
            model, side, dtype, tuple(size), iters, device, seed
        )
    except InputError as error:
        sys.exit(f'error: {error}')
    torch.save(result, out)


if __name__ == '__main__':
    _child()
