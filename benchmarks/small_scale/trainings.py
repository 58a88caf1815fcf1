"""Run the trainings of a plan as processes of their own, several at a time."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import torch
from tqdm import tqdm

from adacode_mm.core.exceptions import InputError
from benchmarks.records import ROOT

from .plan import FOLDER, Training


def default_slots() -> list[dict[str, str]]:
    """Environment of each training that may run at a time.

    A GPU takes one. Networks this small gain little from a second thread, so
    a core takes one, too.
    """
    gpus = torch.cuda.device_count()
    if gpus:
        return [{'CUDA_VISIBLE_DEVICES': str(k)} for k in range(gpus)]
    return [{'OMP_NUM_THREADS': '1'}] * (os.cpu_count() or 1)


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
        InputError: If one of them fails (the others are stopped, and go on at
            the next call), or needs something that is neither there nor in
            the plan.
    """
    planned = {t.name for t in plan}
    for training in plan:
        for name in training.needs:
            there = (FOLDER / name / 'last_checkpoint').is_file()
            if name not in planned and not there:
                raise InputError(
                    f'{training.name} starts from {name}, which is not in '
                    f'{FOLDER}: let it be trained, too.'
                )
    waiting = [t for t in plan if not t.finished()]
    running: dict[int, tuple[Training, subprocess.Popen]] = {}
    with tqdm(total=len(waiting), unit='training') as bar:
        try:
            while waiting or running:
                open_ends = {t.name for t in waiting}
                open_ends |= {t.name for t, _ in running.values()}
                for slot, environment in enumerate(slots):
                    ready = [t for t in waiting if not open_ends & {*t.needs}]
                    if ready and slot not in running:
                        waiting.remove(ready[0])
                        process = _start(ready[0], data_root, environment)
                        running[slot] = ready[0], process
                names = ', '.join(t.name for t, _ in running.values())
                bar.set_description(names)
                time.sleep(1)
                for slot, (training, process) in list(running.items()):
                    if process.poll() is not None:
                        del running[slot]
                        _require_success(training, process.returncode)
                        bar.update()
        finally:
            for _, process in running.values():
                process.terminate()
            for _, process in running.values():
                process.wait()


def _start(training, data_root, environment):
    training.folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, str(ROOT / 'tools/train.py')]
    command += [str(training.config_file)]
    if (training.folder / 'last_checkpoint').is_file():
        command += ['--resume']
    command += ['--cfg-options', f'data_root={data_root}']
    if training.bases:
        command += [f'bases={",".join(training.bases)}']
    paths = [str(ROOT), *filter(None, [os.environ.get('PYTHONPATH')])]
    environment = {
        **os.environ,
        **environment,
        'PYTHONPATH': os.pathsep.join(paths),
    }
    with (training.folder / 'output.txt').open('ab') as output:
        return subprocess.Popen(
            command,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            # Ctrl-C is for the tool, which ends them in order.
            start_new_session=True,
        )


def _require_success(training, code):
    if code == 0 and training.finished():
        return
    path = training.folder / 'output.txt'
    lines = path.read_text(errors='replace').splitlines() or ['no output']
    raise InputError(
        f'{training.name} ended with exit code {code} ({lines[-1]}): see '
        f'{path}, and call this again to go on.'
    )
