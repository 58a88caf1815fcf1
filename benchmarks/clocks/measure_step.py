"""Time and memory of training steps in this process."""

import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import torch
from mmagic.structures import DataSample
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from mmengine.registry import DefaultScope
from mmengine.runner import Runner, set_random_seed
from torchvision.models import vgg16, vgg19

from adacode_mm.core.exceptions import InputError
from adacode_mm.registry import MODELS
from adacode_mm.training.host_memory import keep_freed_memory

from .peak_memory import peak_memory, reset_peak
from .released_step import ReleasedEditor
from .step_clock import StepClock

SIDES = ('ours', 'released')


def measure_step(
    cfg: Config,
    side: str = 'ours',
    iters: int = 5,
    warmup: int = 2,
    synthetic: bool = False,
    random_backbones: bool = False,
    device: str = 'cpu',
    seed: int = 0,
) -> dict:
    """Train a few steps and measure them.

    Nothing is loaded and nothing is written: the weights are random, which
    costs the same.

    Args:
        cfg: Config of a training.
        side: 'ours', or 'released' for the step of the released code.
        iters: Steps to take medians over, twice: as a whole, then by part.
        warmup: Steps before.
        synthetic: Random images instead of those of the training set.
        random_backbones: Random weights for the networks that perceptual and
            semantic losses look through.
        device: 'cpu' or 'cuda'.
        seed: Of weights and images.

    Returns:
        `step`: wall and CPU seconds of each step; `parts`: part -> median
        seconds; `images_per_second`; `peak_memory_mib`; `losses` of the first
        step.
    """
    if side == 'ours' and device == 'cpu':
        keep_freed_memory()
    set_random_seed(seed)
    model, optimizers = _build(cfg, side, random_backbones, device)
    batch = cfg.train_dataloader.batch_size
    batches = (
        _random_batches(cfg, model, batch)
        if synthetic
        else _real_batches(cfg, seed)
    )
    reset_peak(device)
    losses = {
        name: float(value)
        for name, value in model.train_step(next(batches), optimizers).items()
    }
    clock = StepClock(model, optimizers)
    for _ in range(warmup - 1):
        model.train_step(next(batches), optimizers)
    parts = [_by_part(clock, model, optimizers, batches) for _ in range(iters)]
    clock.stop()
    steps = [_whole(clock, model, optimizers, batches) for _ in range(iters)]
    return {
        'step': steps,
        'parts': {
            name: statistics.median(each.get(name, 0.0) for each in parts)
            for name in dict.fromkeys(name for each in parts for name in each)
        },
        'images_per_second': batch
        / statistics.median(step['wall'] for step in steps),
        'peak_memory_mib': peak_memory(device),
        'losses': losses,
    }


def _build(cfg, side, random_backbones, device):
    model_cfg = cfg.model.copy()
    model_cfg.pop('init_cfg', None)
    wrapper_cfg = cfg.optim_wrapper.copy()
    if side == 'released':
        model_cfg.type = ReleasedEditor
        wrapper_cfg.constructor = 'MultiOptimWrapperConstructor'
    with (
        DefaultScope.overwrite_default_scope('mmagic'),
        tempfile.TemporaryDirectory() as folder,
    ):
        if random_backbones:
            _randomise_backbones(model_cfg, folder)
        model = MODELS.build(model_cfg).to(device).train()
        optimizers = build_optim_wrapper(model, wrapper_cfg)
        # The losses read their weights at the first call.
        if random_backbones:
            _touch_backbones(model, device)
    return model, optimizers


def _randomise_backbones(model_cfg, folder):
    losses = [
        ('vgg16', vgg16, model_cfg.get('perceptual_loss')),
        ('vgg19', vgg19, (model_cfg.code_losses or {}).get('semantic')),
    ]
    for name, make, loss in losses:
        if loss is None or (name == 'vgg16' and loss.get('net') != 'vgg'):
            continue
        layers = make(weights=None).features.state_dict()
        state = {f'features.{key}': value for key, value in layers.items()}
        loss.weights = str(Path(folder, f'{name}.pth'))
        torch.save(state, loss.weights)


def _touch_backbones(model, device):
    image = torch.rand(1, 3, 64, 64, device=device)
    with torch.no_grad():
        if model.perceptual_loss is not None:
            model.perceptual_loss(image, image)
        if 'semantic' in model.code_losses:
            model.code_losses['semantic'](model.generator(image), image)


def _real_batches(cfg, seed) -> Iterator[dict]:
    root = cfg.train_dataloader.dataset.get('data_root')
    if root and not Path(root).is_dir():
        raise InputError(
            f'There must be a data set at {root!r}, but there is none: give '
            f'its folder by --cfg-options train_dataloader.dataset.data_root='
            f'FOLDER, or use --synthetic.'
        )
    with DefaultScope.overwrite_default_scope('mmagic'):
        loader = Runner.build_dataloader(cfg.train_dataloader, seed=seed)
    while True:
        yield from loader


def _random_batches(cfg, model, batch) -> Iterator[dict]:
    side = next(
        (
            step['gt_patch_size']
            for step in cfg.train_dataloader.dataset.pipeline
            if 'gt_patch_size' in step
        ),
        256,
    )
    small = side // model.generator.scale
    while True:
        gt = torch.randint(0, 256, (batch, 3, side, side), dtype=torch.uint8)
        img = torch.randint(
            0, 256, (batch, 3, small, small), dtype=torch.uint8
        )
        rgb = {'gt_channel_order': 'RGB', 'img_channel_order': 'RGB'}
        samples = [DataSample(gt_img=each, metainfo=rgb) for each in gt]
        yield {'inputs': list(img), 'data_samples': samples}


def _by_part(clock, model, optimizers, batches):
    clock.start()
    begun = clock.now()
    data = next(batches)
    clock.seconds['data'] = clock.now() - begun
    model.train_step(data, optimizers)
    total = clock.now() - begun
    parts = dict(clock.seconds)
    parts['other'] = total - sum(parts.values())
    return parts


def _whole(clock, model, optimizers, batches):
    begun, cpu = clock.now(), time.process_time()
    model.train_step(next(batches), optimizers)
    return {'wall': clock.now() - begun, 'cpu': time.process_time() - cpu}
