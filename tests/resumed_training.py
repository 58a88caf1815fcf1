"""A short training that can be killed, and resumed.

As a script it does that in a process of its own:

    resumed_training.py FOLDER KILL WORKERS [--resume]
"""

import os
import random
import signal
import sys
from pathlib import Path

import numpy as np
import torch
from mmengine.hooks import Hook
from tiny_stages import TINY

from adacode_mm.checkpoints import atomic_backend
from adacode_mm.registry import HOOKS, MODELS
from adacode_mm.training.run_config import train_config

ITERATIONS = 12
# After iterations 4, 8 and 12; and after 6, where the first validation is the
# best one so far, which saves a checkpoint, too.
INTERVAL, VAL_INTERVAL = 4, 6


@MODELS.register_module(force=True)
class RandomLoss(torch.nn.Module):
    """As a model with dropout: takes from all kinds of random numbers."""

    needs_prior = False
    target = 'gt'

    def forward(self, out, gt):
        factor = random.random() + np.random.rand() + torch.rand(())
        return factor * out.mixed.square().mean()


def kill_self():
    os.kill(os.getpid(), signal.SIGKILL)


@HOOKS.register_module(force=True)
class KilledHook(Hook):
    """The process is killed before some iteration."""

    def __init__(self, iteration: int):
        self.iteration = iteration

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        if runner.iter == self.iteration:
            kill_self()


def kill_while_writing(name):
    """The process is killed when half of a file has been written."""
    write = atomic_backend.write_atomically

    def fsync(handle):
        os.ftruncate(handle, os.fstat(handle).st_size // 2)
        kill_self()

    def write_and_die(path, *args, **kwargs):
        if Path(path).name == name:
            os.fsync = fsync
        write(path, *args, **kwargs)

    atomic_backend.write_atomically = write_and_die


def train(folder, resume=False, kill='', workers=0, **options):
    """Train stage I with everything that has a state.

    Args:
        folder: Work directory.
        resume: Whether to resume.
        kill: Iteration before which, or name of the file in the middle of
            which the process is killed.
        workers: Processes that load data.
        **options: Changes to the config.
    """
    options = {
        'train_cfg.max_iters': ITERATIONS,
        'train_cfg.val_interval': VAL_INTERVAL,
        'train_dataloader.batch_size': 2,
        'train_dataloader.num_workers': workers,
        'default_hooks.checkpoint.interval': INTERVAL,
        'default_hooks.checkpoint.max_keep_ckpts': 1,
        'default_hooks.logger.interval': 1,
        'model.code_losses.random': {'type': 'RandomLoss'},
        'custom_hooks': [],
        **options,
    }
    if kill.isdigit():
        hook = {'type': 'KilledHook', 'iteration': int(kill)}
        options['custom_hooks'] = [hook, *options['custom_hooks']]
    elif kill:
        kill_while_writing(kill)
    # Sums depend on the number of threads that share them.
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        train_config(
            TINY / 'stage1_indoor.py',
            work_dir=str(folder),
            resume=resume,
            cfg_options=options,
            amp='bf16',
            ema=0.1,
            accumulate=2,
        )
    finally:
        torch.set_num_threads(threads)


if __name__ == '__main__':
    train(
        sys.argv[1],
        resume='--resume' in sys.argv,
        kill=sys.argv[2],
        workers=int(sys.argv[3]),
    )
