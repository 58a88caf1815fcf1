"""The command line in processes of its own, from another folder."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from tiny_stages import TINY, seeded_model, tiny_config

from adacode_mm.checkpoints import load_file

ROOT = Path(__file__).resolve().parents[2]
ENV = {
    **os.environ,
    'PYTHONPATH': str(ROOT),
    'PYTHON': sys.executable,
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
    """Folder in which stage I was trained with the default options."""
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


def test_train_then_test(trained, tmp_path):
    last = load_file(trained / 'iter_2.pth')
    assert last['meta']['iter'] == 2
    assert last['state_dict']['step_counter'] == 2
    done = run(
        sys.executable,
        ROOT / 'tools' / 'test.py',
        TINY / 'stage1_street.py',
        trained / 'iter_2.pth',
        '--out',
        'metrics.json',
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    metrics = json.loads((tmp_path / 'metrics.json').read_text())
    (scalars,) = trained.glob('*/vis_data/scalars.json')
    lines = [json.loads(line) for line in scalars.read_text().splitlines()]
    expected = next(line for line in lines if 'val/PSNR' in line)
    for key, value in metrics.items():
        assert value == pytest.approx(expected[key], rel=1e-4), key


def test_bad_input_is_one_line_and_status_1(tmp_path):
    done = run(
        sys.executable,
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


def test_two_processes_go_on_after_one_and_one_after_two(trained, tmp_path):
    """A checkpoint fits however many processes wrote it and read it."""
    work_dir = tmp_path / 'run'
    shutil.copytree(trained, work_dir)
    done = run(
        'bash',
        ROOT / 'tools' / 'dist_train.sh',
        TINY / 'stage1_street.py',
        2,
        '--work-dir',
        work_dir,
        '--resume',
        '--cfg-options',
        'train_cfg.max_iters=3',
        QUICK[1],
        cwd=tmp_path,
        PORT=free_port(),
    )
    assert done.returncode == 0, done.stderr[-3000:]
    content = load_file(work_dir / 'iter_3.pth')
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


def test_the_shell_scripts_say_what_they_need(tmp_path):
    for name in ('dist_train.sh', 'dist_test.sh'):
        done = run('bash', ROOT / 'tools' / name, cwd=tmp_path)
        assert done.returncode == 2
        assert f'tools/{name} CONFIG ' in done.stderr
