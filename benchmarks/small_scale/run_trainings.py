"""Run the trainings of a plan as processes of their own, several at a time."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import torch
from mmengine.config import Config
from tqdm import tqdm

from adacode_mm.core.exceptions import InputError
from benchmarks.small_scale.plan import Training

ROOT = Path(__file__).resolve().parents[2]
CONFIGS = ROOT / 'configs/small'
FOLDER = Path('work_dirs/small')


class TrainingError(InputError):
    """A training ended with an error."""


def work_dir(training: Training) -> Path:
    """Folder of a training's checkpoints and logs."""
    return FOLDER / training.name


def iterations(training: Training) -> int:
    """Its length, as its config says."""
    path = CONFIGS / f'{training.config}.py'
    return Config.fromfile(path).train_cfg.max_iters


def finished(training: Training) -> bool:
    """Whether its last checkpoint is there."""
    last = f'iter_{iterations(training)}.pth'
    return (work_dir(training) / last).is_file()


def default_slots() -> list[dict[str, str]]:
    """Environment of each training that may run at a time.

    A GPU takes one. Networks this small gain little from a second thread, so
    a core takes one, too.
    """
    gpus = torch.cuda.device_count()
    if gpus:
        return [{'CUDA_VISIBLE_DEVICES': str(k)} for k in range(gpus)]
    return [{'OMP_NUM_THREADS': '1'}] * len(os.sched_getaffinity(0))


def run_trainings(
    plan: Sequence[Training], data_root: Path, slots: Sequence[dict[str, str]]
) -> None:
    """Train what is not finished; what is begun goes on.

    Args:
        plan: In order of preference. What a training needs has to be in it,
            or to have a checkpoint.
        data_root: Holds `patches` and `annotations`.
        slots: For each training that may run at a time, what to add to its
            environment.

    Raises:
        TrainingError: If one of them fails; the others are stopped, and go on
            at the next call.
        InputError: If something is needed that is neither there nor in the
            plan.
    """
    _check(plan)
    lengths = {t.name: iterations(t) for t in plan}
    waiting = [t for t in plan if not finished(t)]
    running: dict[int, tuple[Training, subprocess.Popen]] = {}
    with tqdm(total=sum(lengths.values()), unit='it', mininterval=1) as bar:
        try:
            while waiting or running:
                _start_what_can(waiting, running, data_root, slots)
                time.sleep(1)
                for slot, (training, process) in list(running.items()):
                    if process.poll() is not None:
                        del running[slot]
                        _require_success(training, process.returncode)
                done = sum(min(_step(t), lengths[t.name]) for t in plan)
                bar.set_description(
                    ', '.join(t.name for t, _ in running.values())
                )
                bar.update(done - bar.n)
        finally:
            for _, process in running.values():
                process.terminate()
            for _, process in running.values():
                process.wait()


def _check(plan):
    planned = {t.name for t in plan}
    for training in plan:
        for name in training.needs:
            there = (FOLDER / name / 'last_checkpoint').is_file()
            if name not in planned and not there:
                raise InputError(
                    f'{training.name} starts from {name}, which is not in '
                    f'{FOLDER}: let it be trained, too.'
                )


def _start_what_can(waiting, running, data_root, slots):
    unfinished = {t.name for t in waiting}
    unfinished |= {t.name for t, _ in running.values()}
    for slot, environment in enumerate(slots):
        ready = [t for t in waiting if not unfinished & set(t.needs)]
        if slot in running or not ready:
            continue
        waiting.remove(ready[0])
        running[slot] = ready[0], _start(ready[0], data_root, environment)


def _start(training, data_root, environment):
    folder = work_dir(training)
    folder.mkdir(parents=True, exist_ok=True)
    options = [f'data_root={data_root}']
    if training.bases:
        options += [f'bases={",".join(training.bases)}']
    command = [sys.executable, str(ROOT / 'tools/train.py')]
    command += [str(CONFIGS / f'{training.config}.py')]
    if (folder / 'last_checkpoint').is_file():
        command += ['--resume']
    command += ['--cfg-options', *options]
    paths = [str(ROOT), *filter(None, [os.environ.get('PYTHONPATH')])]
    with (folder / 'output.txt').open('ab') as output:
        return subprocess.Popen(
            command,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={
                **os.environ,
                **environment,
                'PYTHONPATH': os.pathsep.join(paths),
            },
            # Ctrl-C is for the tool, which ends them in order.
            start_new_session=True,
        )


def _require_success(training, code):
    if code == 0 and finished(training):
        return
    path = work_dir(training) / 'output.txt'
    lines = path.read_text(errors='replace').splitlines()
    last = lines[-1] if lines else 'no output'
    raise TrainingError(
        f'{training.name} ended with exit code {code} ({last}): see {path}, '
        f'and call this again to go on.'
    )


def _step(training):
    """Iterations of which its newest log tells."""
    logs = sorted(work_dir(training).glob('*/vis_data/scalars.json'))
    if not logs:
        return 0
    # The last line may be half written.
    lines = logs[-1].read_text().split('\n')[:-1]
    return json.loads(lines[-1])['step'] if lines else 0
