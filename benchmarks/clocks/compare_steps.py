"""Measure training steps in processes of their own, in turn."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from mmengine.config import Config

from adacode_mm.core.exceptions import InputError
from adacode_mm.core.parent_process import end_with_parent
from adacode_mm.training.run_config import load_config
from adacode_mm.training.switches import set_switches

from .measure_step import measure_step
from .records import append_record, run_record
from .released_step import WASTE


def benchmark_train(
    config: str,
    iters: int = 5,
    rounds: int = 1,
    batch_size: int | None = None,
    against: str | None = None,
    device: str | None = None,
    synthetic: bool = False,
    random_backbones: bool = False,
    json_file: str | None = None,
    seed: int = 0,
    cfg_options: dict | None = None,
    **switches,
) -> dict:
    """Measure the training step of a config and print a table.

    Args:
        config: Path of a config.
        iters: Steps that medians are taken over in each process.
        rounds: Processes for each side, ours and the other in turn.
        batch_size: Images of a batch; that of the config by default.
        against: 'released' to measure the released code's step beside ours.
        device: 'cpu' or 'cuda'; 'cuda' by default where there is one.
        synthetic: Random images instead of the training set.
        random_backbones: Random weights in VGG for the perceptual and the
            semantic loss, where the published ones are not to be had.
        json_file: File that the record is appended to.
        seed: Of weights and images.
        cfg_options: Changes to the config.
        **switches: As for training, see `apis.switches.set_switches`.

    Returns:
        The record.

    Raises:
        InputError: If the config or the data cannot be used.
    """
    if device is None:
        device = 'cuda' if torch.cuda.is_available() else 'cpu'
    cfg = load_config(config, cfg_options=cfg_options)
    set_switches(cfg, **switches)
    if batch_size is not None:
        cfg.train_dataloader.batch_size = batch_size
    how = {
        'iters': iters,
        'synthetic': synthetic,
        'random_backbones': random_backbones,
        'device': device,
        'seed': seed,
    }
    sides = ['ours', *([against] if against else [])]
    runs: dict[str, list[dict]] = {side: [] for side in sides}
    for number in range(rounds):
        for side in sides:
            print(f'{side}, process {number + 1} of {rounds} ...', flush=True)
            runs[side].append(_in_a_process(cfg, {**how, 'side': side}))
    record = {
        **run_record(config, seed, device),
        'batch_size': cfg.train_dataloader.batch_size,
        'data': 'synthetic' if synthetic else 'training set',
        'backbones': 'random' if random_backbones else 'pretrained',
        'switches': {k: v for k, v in switches.items() if v},
        'sides': {side: _summary(runs[side]) for side in sides},
    }
    if against:
        record['speedup'] = _speedup(record['sides'], against)
    if json_file:
        append_record(json_file, record)
    print(table(record))
    return record


def _in_a_process(cfg: Config, how: dict) -> dict:
    """Each with its own memory, and none behind the caches of another."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, 'config.py')
        cfg.dump(str(path))
        out = Path(folder, 'result.json')
        command = [sys.executable, '-m', __name__, str(path), str(out)]
        done = subprocess.run(
            [*command, json.dumps(how)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env=dict(os.environ),
        )
        if done.returncode:
            lines = done.stderr.strip().splitlines() or ['no output']
            raise InputError(
                f'The step could not be measured: '
                f'{lines[-1].removeprefix("error: ")}'
            )
        return json.loads(out.read_text())


def _summary(runs):
    steps = [step for run in runs for step in run['step']]
    return {
        'wall_seconds': statistics.median(s['wall'] for s in steps),
        'cpu_seconds': statistics.median(s['cpu'] for s in steps),
        'images_per_second': statistics.median(
            run['images_per_second'] for run in runs
        ),
        'peak_memory_mib': max(run['peak_memory_mib'] for run in runs),
        'parts': {
            part: statistics.median(run['parts'][part] for run in runs)
            for part in runs[0]['parts']
        },
        'losses': runs[0]['losses'],
        'steps': steps,
    }


def _speedup(sides, against):
    return {
        clock: sides[against][clock] / sides['ours'][clock]
        for clock in ('wall_seconds', 'cpu_seconds')
    }


def table(record: dict) -> str:
    """The record as lines for people."""
    sides = record['sides']
    lines = [
        f'{record["config"]}: batch of {record["batch_size"]}, '
        f'{record["data"]}, {record["backbones"]} backbones',
        f'{record["machine"]} ({record["device"]}), {record["threads"]} '
        f'threads, torch {record["torch"]}, load {record["load_average"][0]}',
        '',
        _row('seconds of a step', sides, lambda side: side),
    ]
    for part in dict.fromkeys(p for s in sides.values() for p in s['parts']):
        lines.append(
            _row(
                f'  {part}',
                sides,
                lambda side, part=part: sides[side]['parts'].get(part, 0.0),
            )
        )
    for name, key in (
        ('step, wall', 'wall_seconds'),
        ('step, CPU', 'cpu_seconds'),
        ('images per second', 'images_per_second'),
        ('peak memory, MiB', 'peak_memory_mib'),
    ):
        lines.append(_row(name, sides, lambda side, key=key: sides[side][key]))
    if 'speedup' in record:
        speedup = record['speedup']
        lines += [
            '',
            f'{speedup["wall_seconds"]:.2f} times as fast by the wall clock, '
            f'{speedup["cpu_seconds"]:.2f} times by CPU time. The other side '
            f'has: {", ".join(WASTE)}.',
        ]
    return '\n'.join(lines)


def _row(name, sides, value):
    cells = [value(side) for side in sides]
    return f'{name:<24}' + ''.join(
        f'{cell:>12}' if isinstance(cell, str) else f'{cell:>12.3f}'
        for cell in cells
    )


def _child():
    """One side, measured in this process; its result goes to a file."""
    end_with_parent()
    path, out, how = sys.argv[1:]
    try:
        result = measure_step(Config.fromfile(path), **json.loads(how))
    except InputError as error:
        sys.exit(f'error: {error}')
    Path(out).write_text(json.dumps(result))


if __name__ == '__main__':
    _child()
