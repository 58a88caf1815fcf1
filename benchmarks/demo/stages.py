"""The seven trainings of the demo: five codebooks, stage II, stage III."""

import os
import shutil
import warnings
from concurrent.futures import ProcessPoolExecutor, wait
from multiprocessing import active_children, get_context
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path

import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from tqdm import tqdm

from adacode_mm.apis import build_runner, load_config

CONFIGS = Path(__file__).resolve().parents[2] / 'configs/adacode/tiny'
CODEBOOKS = ('arch', 'indoor', 'nature', 'street', 'portrait')
STAGE1 = tuple(f'stage1_{name}' for name in CODEBOOKS)
# About five minutes in all on two CPU cores.
ITERATIONS = {
    **dict.fromkeys(STAGE1, 250),
    'stage2': 1300,
    'stage3_sr_x4': 1800,
}
STEPS = {
    'Stage I, five codebooks': STAGE1,
    'Stage II, their mixture': ('stage2',),
    'Stage III, SR x4': ('stage3_sr_x4',),
}


class CountHook(Hook):
    """Counts finished iterations of all processes.

    Args:
        counter: Shared integer.
    """

    def __init__(self, counter: Synchronized):
        self.counter = counter

    def before_train(self, runner):
        self._add(runner.iter)  # more than 0 if it was resumed

    def after_train_iter(self, runner, batch_idx, data_batch, outputs):
        self._add(1)

    def _add(self, iterations):
        with self.counter.get_lock():
            self.counter.value += iterations


def train_all(folder: Path) -> None:
    """Train every stage; what is finished is kept, what is begun goes on.

    Each training has one thread: its tensors are so small that a second one
    costs more than it brings. Two trainings run at a time where they can.

    Args:
        folder: Holds `data`; gets one folder per stage with its logs and
            checkpoints.
    """
    context = get_context('fork')
    counter = context.Value('i', 0)
    total = sum(ITERATIONS.values())
    with (
        tqdm(total=total, unit='it', mininterval=1) as bar,
        ProcessPoolExecutor(
            2, context, initializer=_begin, initargs=(counter,)
        ) as pool,
    ):
        try:
            for title, stages in STEPS.items():
                bar.set_description(title)
                jobs = [pool.submit(_train, name, folder) for name in stages]
                while wait(jobs, timeout=1).not_done:
                    bar.update(counter.value - bar.n)
                for job in jobs:
                    job.result()
            bar.update(counter.value - bar.n)
        except BaseException:
            # Nothing goes on, or even begins, after an error or Ctrl-C.
            pool.shutdown(wait=False, cancel_futures=True)
            for worker in active_children():
                worker.terminate()
            raise


def _begin(counter):
    global _counter
    _counter = counter
    torch.set_num_threads(1)
    # MMagic's colour jitter gives read-only arrays; nothing writes to them.
    warnings.filterwarnings('ignore', 'The given NumPy array is not writable')


def stage_config(stage: str, folder: Path) -> Config:
    """Config of a stage: a tiny one on the demo's data."""
    iterations = ITERATIONS[stage]
    options = {
        'train_cfg.max_iters': iterations,
        'train_cfg.val_interval': iterations,
        'default_hooks.checkpoint.interval': 100,
        'default_hooks.logger.interval': 10,
        'param_scheduler.T_max': iterations,
        # The bar shows what happens; MMEngine's lines would tear it.
        'log_level': 'ERROR',
    }
    for loader in ('train', 'val', 'test'):
        options[f'{loader}_dataloader.dataset.data_root'] = str(
            folder / 'data'
        )
    earlier = {'stage2': STAGE1, 'stage3_sr_x4': ('stage2',)}
    for i, source in enumerate(earlier.get(stage, ())):
        options[f'model.init_cfg.sources.{i}.checkpoint'] = str(
            folder / source
        )
    path = CONFIGS / f'{stage}.py'
    cfg = load_config(str(path), str(folder / stage), options)
    return _without_gan(cfg)


def _without_gan(cfg):
    """An adversarial loss needs far more steps than a demo has."""
    cfg.model.discriminator = cfg.model.gan_loss = None
    del cfg.optim_wrapper['discriminator']
    for source in cfg.model.get('init_cfg', {}).get('sources', ()):
        source.parts.pop('discriminator', None)
    return cfg


def last_checkpoint(stage: str, folder: Path) -> Path:
    """Checkpoint that a finished stage has left."""
    return folder / stage / f'iter_{ITERATIONS[stage]}.pth'


def _train(stage, folder):
    cfg = stage_config(stage, folder)
    work_dir = Path(cfg.work_dir)
    begun, finished = work_dir / 'begun.py', work_dir / 'finished.py'
    text = cfg.pretty_text
    if _holds(finished, text):
        CountHook(_counter)._add(ITERATIONS[stage])
        return
    if _holds(begun, text):
        cfg.resume = (work_dir / 'last_checkpoint').exists()
    else:
        shutil.rmtree(work_dir, ignore_errors=True)
        work_dir.mkdir(parents=True)
        begun.write_text(text)
    runner = build_runner(cfg)
    runner.register_hook(CountHook(_counter), 'VERY_LOW')
    runner.train()
    os.replace(begun, finished)


def _holds(path, text):
    return path.exists() and path.read_text() == text
