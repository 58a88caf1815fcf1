"""The command line in processes of its own, from another folder."""

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from tiny_stages import TINY, seeded_model, tiny_config

from adacode_mm.checkpoints.safe_load import load_file

ROOT = Path(__file__).resolve().parents[2]
ENV = {
    **os.environ,
    'PYTHONPATH': str(ROOT),
    'OMP_NUM_THREADS': '1',
}
QUICK = ['train_cfg.max_iters=2', 'train_dataloader.batch_size=2']


def run(*command, cwd, **env):
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**ENV, **env},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def free_port():
    with socket.create_server(('127.0.0.1', 0)) as server:
        return str(server.getsockname()[1])


@pytest.fixture(scope='module')
def trained(tmp_path_factory):
    """Folder in which stage I was trained with the default options.

    By an interpreter that has imported nothing yet, as a user has it.
    """
    folder = tmp_path_factory.mktemp('elsewhere')
    done = run(
        sys.executable,
        ROOT / 'tools' / 'train.py',
        TINY / 'stage1_street.py',
        '--cfg-options',
        *QUICK,
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr
    return folder / 'work_dirs' / 'tiny' / 'stage1_street'


def test_train_then_test(trained, warm_python, tmp_path):
    last = load_file(trained / 'iter_2.pth')
    assert last['meta']['iter'] == 2
    assert last['state_dict']['step_counter'] == 2
    done = run(
        warm_python,
        ROOT / 'tools' / 'test.py',
        TINY / 'stage1_street.py',
        trained / 'iter_2.pth',
        '--out',
        'metrics.json',
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    metrics = json.loads((tmp_path / 'metrics.json').read_text())
    expected = logged_metrics(trained)
    for key, value in metrics.items():
        assert value == pytest.approx(expected[key], rel=1e-4), key


def test_bad_input_is_one_line_and_status_1(warm_python, tmp_path):
    done = run(
        warm_python,
        ROOT / 'tools' / 'train.py',
        TINY / 'stage2.py',
        cwd=tmp_path,
    )
    assert done.returncode == 1
    assert 'Traceback' not in done.stdout + done.stderr
    errors = re.findall(r'^error: .*$', done.stderr, re.M)
    assert len(errors) == 1
    assert "'work_dirs/tiny/stage1_arch'" in errors[0]
    assert done.stderr.strip().endswith(errors[0])


def test_two_machines_go_on_after_one(trained, warm_python, tmp_path):
    """A checkpoint fits however many processes wrote it and read it."""
    work_dir = tmp_path / 'run'
    shutil.copytree(trained, work_dir)
    command = [
        'bash',
        ROOT / 'tools' / 'dist_train.sh',
        TINY / 'stage1_street.py',
        1,
        '--work-dir',
        work_dir,
        '--resume',
        '--cfg-options',
        'train_cfg.max_iters=3',
        QUICK[1],
    ]
    meet = {'NNODES': '2', 'MASTER_ADDR': '127.0.0.1', 'PORT': free_port()}
    meet['PYTHON'] = warm_python
    with ThreadPoolExecutor() as pool:
        machines = [
            pool.submit(run, *command, cwd=tmp_path, NODE_RANK=rank, **meet)
            for rank in '01'
        ]
    for machine in machines:
        done = machine.result()
        assert done.returncode == 0, done.stderr[-3000:]
    content = load_file(work_dir / 'iter_3.pth')
    assert len(content['message_hub']['runtime_info']['random_states']) == 2
    state = content['state_dict']
    assert content['meta']['iter'] == state['step_counter'] == 3
    for name in ('generator', 'discriminator'):
        # resumed, too: one step more than the first process made
        steps = content['optimizer'][name]['state'].values()
        assert {each['step'].item() for each in steps} == {3}
    assert not [key for key in state if 'module.' in key]
    model = seeded_model(tiny_config('stage1_street'), seed=9)
    assert state.keys() == model.state_dict().keys()
    model.load_state_dict(state)
    for key, value in model.state_dict().items():
        assert torch.equal(value, state[key]), key


def logged_metrics(work_dir):
    """Of the validation at the end of a training."""
    (scalars,) = work_dir.glob('*/vis_data/scalars.json')
    lines = [json.loads(line) for line in scalars.read_text().splitlines()]
    return next(line for line in lines if 'val/PSNR' in line)


def test_a_test_in_two_processes(trained, warm_python, tmp_path):
    """Without PORT, beside whatever else the machine runs."""
    with socket.create_server(('127.0.0.1', 0)) as other:
        done = run(
            'bash',
            ROOT / 'tools' / 'dist_test.sh',
            TINY / 'stage1_street.py',
            trained / 'iter_2.pth',
            2,
            '--out',
            'metrics.json',
            cwd=tmp_path,
            MASTER_PORT=str(other.getsockname()[1]),
            PYTHON=warm_python,
        )
    assert done.returncode == 0, done.stderr[-3000:]
    metrics = json.loads((tmp_path / 'metrics.json').read_text())
    expected = logged_metrics(trained)
    assert {'val/PSNR', 'val/SSIM'} <= metrics.keys()
    for key, value in metrics.items():
        assert value == pytest.approx(expected[key], rel=1e-4), key


# Starts the tasks of one machine, as srun does.
SRUN = r"""#!/usr/bin/env bash
printf '%s\n' "$@" >> "$SRUN_LOG"
while [[ "$1" == --* ]]; do
    case "$1" in --ntasks=*) tasks="${1#*=}" ;; esac
    shift
done
export SLURM_NTASKS="$tasks" SLURM_NODELIST=here SLURM_NNODES=1
export SLURM_JOB_ID="$JOB"
pids=()
for ((task = 0; task < tasks; task++)); do
    SLURM_PROCID=$task SLURM_LOCALID=$task "$@" &
    pids+=($!)
done
for pid in "${pids[@]}"; do wait "$pid" || exit 1; done
"""


def free_port_of_slurm():
    """Those follow from the number of the job."""
    for port in range(15_000, 30_000):
        with contextlib.suppress(OSError):
            socket.create_server(('127.0.0.1', port)).close()
            return port
    raise AssertionError('no port is free')


@pytest.fixture
def slurm(tmp_path):
    """Environment with an srun, and what that was given."""
    srun = tmp_path / 'bin' / 'srun'
    srun.parent.mkdir()
    srun.write_text(SRUN)
    srun.chmod(0o755)
    given = tmp_path / 'given.txt'
    path = f'{srun.parent}{os.pathsep}{os.environ["PATH"]}'
    job = str(free_port_of_slurm() - 15_000)
    return {'PATH': path, 'SRUN_LOG': str(given), 'JOB': job}, given


def test_a_training_on_slurm(slurm, warm_python, tmp_path):
    env, given = slurm
    done = run(
        'bash',
        ROOT / 'tools' / 'slurm_train.sh',
        'small',
        'a name',
        TINY / 'stage1_street.py',
        '--cfg-options',
        *QUICK,
        cwd=tmp_path,
        GPUS='2',
        GPUS_PER_NODE='0',
        SRUN_ARGS='--time=10 --quiet',
        PYTHON=warm_python,
        **env,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    last = tmp_path / 'work_dirs' / 'tiny' / 'stage1_street' / 'iter_2.pth'
    hub = load_file(last)['message_hub']['runtime_info']
    # two processes with batches of two, two times
    assert hub['data_order']['samples'] == 8
    options = given.read_text().splitlines()
    assert options[:3] == [
        '--partition=small',
        '--job-name=a name',
        '--ntasks=2',
    ]
    assert {'--time=10', '--quiet', '--kill-on-bad-exit=1'} <= {*options}
    assert not [each for each in options if each.startswith('--gres')]


@pytest.mark.parametrize(
    ('tool', 'arguments'),
    [
        ('train', ['a.py', '--resume']),
        ('test', ['a.py', 'a.pth', '--out', 'a.json']),
    ],
)
def test_what_slurm_is_asked_for(slurm, tmp_path, tool, arguments):
    env, given = slurm
    done = run(
        'bash',
        ROOT / 'tools' / f'slurm_{tool}.sh',
        'big',
        'name',
        *arguments,
        cwd=tmp_path,
        **{**env, 'GPUS': '16', 'PYTHON': 'true'},
    )
    assert done.returncode == 0, done.stderr
    options = given.read_text().splitlines()
    assert {'--ntasks=16', '--gres=gpu:8', '--ntasks-per-node=8'} <= {*options}
    command = options[options.index('true') :]
    assert command[:2] == ['true', '-u']
    assert Path(command[2]).resolve() == ROOT / 'tools' / f'{tool}.py'
    inputs = 1 if tool == 'train' else 2
    assert command[3 : 3 + inputs] == arguments[:inputs]
    rest = [*arguments[inputs:]]
    assert command[3 + inputs :] == ['--launcher', 'slurm', *rest]


def test_the_shell_scripts_say_what_they_need(tmp_path):
    usages = {
        'dist_train.sh': 'CONFIG GPUS',
        'dist_test.sh': 'CONFIG CHECKPOINT GPUS',
        'slurm_train.sh': 'PARTITION JOB_NAME CONFIG',
        'slurm_test.sh': 'PARTITION JOB_NAME CONFIG CHECKPOINT',
    }
    for name, usage in usages.items():
        done = run('bash', ROOT / 'tools' / name, cwd=tmp_path)
        assert done.returncode == 2
        assert f'tools/{name} {usage} ' in done.stderr
