"""How processes find each other, and what is wrong if they cannot."""

import subprocess

import adacode_mm  # noqa: F401 isort: skip  (before MMagic)
import pytest
import torch
from refusals import refused
from tiny_stages import tiny_config

from adacode_mm.core.exceptions import ConfigError
from adacode_mm.training import processes
from adacode_mm.training.processes import prepare_processes

TORCHRUN = {
    'RANK': '1',
    'LOCAL_RANK': '1',
    'WORLD_SIZE': '4',
    'MASTER_ADDR': 'one',
    'MASTER_PORT': '29500',
}
SRUN = {
    'SLURM_PROCID': '5',
    'SLURM_LOCALID': '1',
    'SLURM_NTASKS': '8',
    'SLURM_NODELIST': 'gpu[07-08]',
    'SLURM_NNODES': '2',
    'SLURM_JOB_ID': '1234567',
}


@pytest.fixture
def environ(monkeypatch):
    """No variable of a launcher; gloo is not started."""
    for name in {*TORCHRUN, *SRUN}:
        monkeypatch.delenv(name, raising=False)
        # so that it is removed again if the code sets it
        monkeypatch.setenv(name, '')
        monkeypatch.delenv(name)
    started = []
    monkeypatch.setattr(
        torch.distributed, 'init_process_group', started.append
    )
    monkeypatch.setattr(processes.atexit, 'register', lambda function: None)
    monkeypatch.started = started
    return monkeypatch


def config(launcher='pytorch', **options):
    return tiny_config('stage1_arch', launcher=launcher, **options)


def prepare(environ, variables, gpus=0, **kwargs):
    for name, value in variables.items():
        environ.setenv(name, value)
    environ.setattr(torch.cuda, 'is_available', lambda: gpus > 0)
    environ.setattr(torch.cuda, 'device_count', lambda: gpus)
    cfg = config(**kwargs)
    prepare_processes(cfg)
    return cfg


def test_one_process_needs_nothing(environ):
    cfg = prepare(environ, {}, launcher='none', model_wrapper_cfg=None)
    assert not environ.started
    assert cfg.launcher == 'none'


def test_without_a_gpu_gloo_and_no_device(environ):
    options = {'env_cfg.dist_cfg': {'backend': 'nccl', 'timeout': 10}}
    cfg = prepare(environ, TORCHRUN, **options)
    assert environ.started == ['gloo']
    assert cfg.env_cfg.dist_cfg.backend == 'gloo'
    assert cfg.model_wrapper_cfg.device_ids is None


def test_with_gpus_all_is_left_to_mmengine(environ):
    cfg = prepare(environ, TORCHRUN, gpus=2)
    assert not environ.started
    assert 'device_ids' not in cfg.model_wrapper_cfg


def test_the_variables_of_srun(environ):
    asked = []

    def run(command, **kwargs):
        asked.append(command)
        return subprocess.CompletedProcess(command, 0, 'gpu07\ngpu08\n')

    environ.setattr(processes.subprocess, 'run', run)
    prepare(environ, SRUN, launcher='slurm')
    assert asked == [['scontrol', 'show', 'hostnames', 'gpu[07-08]']]
    found = {name: processes.os.environ[name] for name in TORCHRUN}
    assert found == {
        'RANK': '5',
        'LOCAL_RANK': '1',
        'WORLD_SIZE': '8',
        'MASTER_ADDR': 'gpu07',
        'MASTER_PORT': str(15_000 + 1234567 % 15_000),
    }


def test_given_addresses_win(environ):
    given = {'MASTER_ADDR': 'here', 'MASTER_PORT': '7'}
    prepare(environ, {**SRUN, **given}, launcher='slurm')
    assert processes.os.environ['MASTER_ADDR'] == 'here'
    assert processes.os.environ['MASTER_PORT'] == '7'


BAD = {
    'static graph': (
        TORCHRUN,
        {'model_wrapper_cfg.static_graph': True},
        ['model_wrapper_cfg.static_graph'],
    ),
    'wrapper for one optimizer': (
        TORCHRUN,
        {'model_wrapper_cfg.type': 'MMDistributedDataParallel'},
        [
            "'MMSeparateDistributedDataParallel'",
            "'MMDistributedDataParallel'",
        ],
    ),
    'no wrapper': (TORCHRUN, {'model_wrapper_cfg': None}, ['None']),
    'not started by torchrun': ({}, {}, ['RANK, LOCAL_RANK']),
    'not started by srun': (
        {},
        {'launcher': 'slurm'},
        ['srun', 'SLURM_PROCID'],
    ),
    'no scontrol': (SRUN, {'launcher': 'slurm'}, ['MASTER_ADDR']),
    'more processes than GPUs': (
        TORCHRUN,
        {'gpus': 1},
        ['process 1 ', 'only 1:'],
    ),
}


@pytest.mark.parametrize('name', BAD)
def test_what_is_wrong_is_one_sentence(environ, name):
    variables, kwargs, facts = BAD[name]
    environ.setenv('PATH', '')
    with refused(ConfigError, *facts):
        prepare(environ, variables, **kwargs)
    assert not environ.started
