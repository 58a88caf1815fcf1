"""Train a small AdaCode on bundled photographs and restore an unseen one.

Five tiny codebooks, stage II, stage III for SR x4: about five minutes on two
CPU cores, without any download. Started again, it goes on where it was
interrupted. The pictures are made by `adacode sr`, `weights` and `codebook`.
"""

import argparse
import json
import os
import shutil
import warnings
from concurrent.futures import ProcessPoolExecutor, wait
from multiprocessing import active_children, get_context
from pathlib import Path

import adacode_mm  # noqa: F401  # isort: skip  # adapts MMagic: comes first
import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from tqdm import tqdm

from adacode_mm.apis import build_runner, load_config
from adacode_mm.cli.main import main as adacode
from adacode_mm.core.atomic_files import write_atomically
from adacode_mm.core.exceptions import InputError
from adacode_mm.data.preparation.encode_png import encode_png
from adacode_mm.evaluation.eval_images import read_eval_image
from adacode_mm.views.comparison import side_by_side
from adacode_mm.views.curves import loss_curves
from benchmarks.demo.photographs import prepare, read_held_out
from benchmarks.records import ROOT, run_main
from benchmarks.tables.inputs import bicubic

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
SCALE = 4


class CountHook(Hook):
    """Counts finished iterations of all processes in a shared integer."""

    def __init__(self, counter):
        self.counter = counter

    def before_train(self, runner):
        self.add(runner.iter)  # more than 0 if it was resumed

    def after_train_iter(self, runner, batch_idx, data_batch, outputs):
        self.add(1)

    def add(self, iterations):
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
    with (
        tqdm(total=sum(ITERATIONS.values()), unit='it', mininterval=1) as bar,
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
    """Config of a stage: a tiny one on the demo's data, without a GAN.

    An adversarial loss needs far more steps than a demo has.
    """
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
        key = f'{loader}_dataloader.dataset.data_root'
        options[key] = str(folder / 'data')
    earlier = {'stage2': STAGE1, 'stage3_sr_x4': ('stage2',)}
    for i, source in enumerate(earlier.get(stage, ())):
        key = f'model.init_cfg.sources.{i}.checkpoint'
        options[key] = str(folder / source)
    path = ROOT / f'configs/adacode/tiny/{stage}.py'
    cfg = load_config(str(path), str(folder / stage), options)
    cfg.model.discriminator = cfg.model.gan_loss = None
    del cfg.optim_wrapper['discriminator']
    for source in cfg.model.get('init_cfg', {}).get('sources', ()):
        source.parts.pop('discriminator', None)
    return cfg


def _train(stage, folder):
    cfg = stage_config(stage, folder)
    work_dir, text = Path(cfg.work_dir), cfg.pretty_text
    begun, finished = work_dir / 'begun.py', work_dir / 'finished.py'
    if finished.exists() and finished.read_text() == text:
        CountHook(_counter).add(ITERATIONS[stage])
        return
    if begun.exists() and begun.read_text() == text:
        cfg.resume = (work_dir / 'last_checkpoint').exists()
    else:
        shutil.rmtree(work_dir, ignore_errors=True)
        work_dir.mkdir(parents=True)
        begun.write_text(text)
    runner = build_runner(cfg)
    runner.register_hook(CountHook(_counter), 'VERY_LOW')
    runner.train()
    os.replace(begun, finished)


def write_report(folder: Path) -> None:
    """Restore the held-out photograph, compare, draw.

    Args:
        folder: Where the stages were trained; gets the pictures.

    Raises:
        InputError: If a command fails; it has said why.
    """
    hr = read_held_out()
    height, width = hr.shape[:2]
    lr = bicubic(hr, height // SCALE, width // SCALE)
    _write(folder / 'lr.png', lr)
    _write(folder / 'hr.png', hr)
    _write(folder / 'bicubic.png', bicubic(lr, height, width))
    paths = {name: str(folder / f'{name}.png') for name in ('lr', 'hr')}
    restored = str(folder / 'restored.png')
    model = ['--model', str(folder / 'stage3_sr_x4'), '--device', 'cpu']
    run('sr', paths['lr'], '-o', restored, '--overwrite', *model)
    _draw(folder, paths['lr'], model)
    images = {
        name: read_eval_image(folder / f'{name}.png')
        for name in ('lr', 'bicubic', 'restored', 'hr')
    }
    _write(folder / 'comparison.png', side_by_side(images))
    _draw_losses(folder)
    for name in ('bicubic', 'restored'):
        print(f'\n{name}:')
        words = ['--reference', paths['hr'], '--scale', str(SCALE)]
        run('evaluate', str(folder / f'{name}.png'), *words)


def _draw(folder, image, model):
    run('weights', image, '-o', str(folder / 'weights'), '--overwrite', *model)
    run('codebook', '-o', str(folder / 'codebooks'), '--overwrite', *model)


def _draw_losses(folder):
    series = {}
    for stage in ITERATIONS:
        lines = []
        for path in sorted((folder / stage).glob('*/vis_data/scalars.json')):
            lines += map(json.loads, path.read_text().splitlines())
        lines = [line for line in lines if 'loss_pix' in line]
        keys = ('step', 'loss_pix')
        series[stage] = tuple([line[key] for line in lines] for key in keys)
    picture = loss_curves(series, 'L1 loss on the training patches')
    _write(folder / 'loss_curve.png', picture)


def _write(path, picture):
    write_atomically(path, encode_png(picture))


def run(*words: str) -> None:
    """`adacode WORDS`.

    Raises:
        InputError: If it fails; it has said why.
    """
    if adacode(words):
        raise InputError(f'adacode {words[0]} has failed, see above.')


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add('--out', default='work_dirs/demo_train', help='for everything')
    add('--fresh', action='store_true', help='forget what was trained before')
    args = parser.parse_args()
    folder = Path(args.out).absolute()
    if args.fresh:
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    prepare(folder / 'data')
    train_all(folder)
    write_report(folder)
    print(f'\nPictures: {args.out}, the first is comparison.png')


if __name__ == '__main__':
    run_main(main)
