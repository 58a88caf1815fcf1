"""How the processes of a distributed run find each other."""

import atexit
import os
import subprocess

import torch
from mmengine.config import Config

from adacode_mm.core.exceptions import ConfigError
from adacode_mm.core.parent_process import end_with_torchrun

WRAPPER = 'MMSeparateDistributedDataParallel'


def prepare_processes(cfg: Config) -> None:
    """Do what MMEngine's launchers leave out, before the runner is built.

    `pytorch` is torchrun, `slurm` is srun. Without a GPU, MMEngine asks for
    CUDA devices all the same; here the processes then run on the CPU and
    talk through gloo.

    Args:
        cfg: Config with a `launcher`; changed in place.

    Raises:
        ConfigError: If the launcher has not set its variables, there are more
            processes than GPUs, or the model would be wrapped in a way that
            makes the processes drift apart.
    """
    if cfg.launcher == 'none':
        return
    end_with_torchrun()
    _check_wrapper(cfg)
    if cfg.launcher == 'slurm':
        _set_variables_from_slurm()
    missing = [
        name
        for name in ('RANK', 'LOCAL_RANK', 'WORLD_SIZE', 'MASTER_ADDR')
        if name not in os.environ
    ]
    if missing:
        raise ConfigError(
            f'--launcher pytorch expects the variables of torchrun, but '
            f'{", ".join(missing)} are not set: start with '
            f'tools/dist_train.sh or torchrun.'
        )
    if torch.cuda.is_available():
        _check_devices()
    else:
        _start_on_cpu(cfg)


def _check_wrapper(cfg):
    wrapper = cfg.get('model_wrapper_cfg') or {}
    if wrapper.get('type', '').rpartition('.')[2] != WRAPPER:
        raise ConfigError(
            f'Several processes need model_wrapper_cfg.type={WRAPPER!r}, '
            f'which wraps the parts of each optimizer, got '
            f'{wrapper.get("type")!r}.'
        )
    if wrapper.get('static_graph'):
        raise ConfigError(
            'model_wrapper_cfg.static_graph must be False, since the '
            'discriminator is run in several ways and static_graph=True then '
            'lets its copies drift apart without an error: remove it.'
        )


def _set_variables_from_slurm():
    """What torchrun would set, from what srun has set."""
    environ = os.environ
    try:
        environ['RANK'] = environ['SLURM_PROCID']
        environ['LOCAL_RANK'] = environ['SLURM_LOCALID']
        environ['WORLD_SIZE'] = environ['SLURM_NTASKS']
        nodes = environ['SLURM_NODELIST']
        job = int(environ['SLURM_JOB_ID'])
    except KeyError as error:
        raise ConfigError(
            f'--launcher slurm expects the variables of srun, but '
            f'{error.args[0]} is not set: start with tools/slurm_train.sh.'
        ) from error
    # Of the job: two jobs may share a machine.
    environ.setdefault('MASTER_PORT', str(15_000 + job % 15_000))
    if 'MASTER_ADDR' not in environ:
        environ['MASTER_ADDR'] = _first_node(nodes)


def _first_node(nodes):
    if int(os.environ.get('SLURM_NNODES', 0)) == 1:
        return '127.0.0.1'
    try:
        listed = subprocess.run(
            ['scontrol', 'show', 'hostnames', nodes],
            capture_output=True,
            check=True,
            text=True,
        )
    except (OSError, subprocess.CalledProcessError) as error:
        raise ConfigError(
            f'The first machine of {nodes!r} must be known, but '
            f'"scontrol show hostnames" fails: set MASTER_ADDR.'
        ) from error
    return listed.stdout.split()[0]


def _check_devices():
    local, count = int(os.environ['LOCAL_RANK']), torch.cuda.device_count()
    if local >= count:
        raise ConfigError(
            f'Each process needs a GPU of its own, but process {local} of '
            f'this machine finds only {count}: start fewer processes.'
        )


def _start_on_cpu(cfg):
    if not torch.distributed.is_initialized():
        torch.distributed.init_process_group('gloo')
        atexit.register(_end_processes)
    cfg.merge_from_dict({'env_cfg.dist_cfg': {'backend': 'gloo'}})
    cfg.model_wrapper_cfg.setdefault('device_ids', None)


def _end_processes():
    """Join gloo's threads: one that outlives Python aborts the process."""
    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()
