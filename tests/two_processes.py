"""Short trainings that are compared between one process and two.

As a script, started by torchrun with a folder, it makes all of them in the
processes that torchrun starts.
"""

import sys
from pathlib import Path

import torch
from mmengine.dist import get_rank
from tiny_stages import TINY

from adacode_mm.training.hooks.unwrapped import unwrapped
from adacode_mm.training.run_config import train_config

STEPS = 3
BATCH = 4  # of all processes together
# Adam makes steps of full length even where a gradient is but a rounding
# error, and then the sums' order would decide on their direction.
EPS = 1e-5
RUNS = {'per_process': {}}


def train(name, folder, launcher='none', processes=1, **options):
    """Three steps of stage III; a checkpoint and log line after each.

    Writes `rank{r}.pth` besides: the state of the model on each process.
    """
    options = {
        'model.init_cfg': None,
        'train_cfg.max_iters': STEPS,
        'train_dataloader.batch_size': BATCH // processes,
        'optim_wrapper.generator.optimizer.eps': EPS,
        'optim_wrapper.discriminator.optimizer.eps': EPS,
        'default_hooks.checkpoint.interval': 1,
        'default_hooks.checkpoint.max_keep_ckpts': -1,
        'default_hooks.logger.interval': 1,
        'log_processor.window_size': 1,
        'custom_hooks': [
            {'type': 'adacode_mm.CodebookUsageHook', 'interval': STEPS}
        ],
        **RUNS[name],
        **options,
    }
    runner = train_config(
        TINY / 'stage3_sr_x4.py',
        work_dir=str(Path(folder) / name),
        cfg_options=options,
        launcher=launcher,
    )
    state = unwrapped(runner.model).state_dict()
    torch.save(state, Path(folder) / name / f'rank{get_rank()}.pth')


if __name__ == '__main__':
    for each in RUNS:
        train(each, sys.argv[1], 'pytorch', processes=2)
