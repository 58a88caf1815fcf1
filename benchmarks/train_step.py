"""Measure what a training step costs, part by part, beside the released one.

Nothing is loaded and nothing is written: the weights are random, which costs
the same. Each side runs in processes of its own, in turn.
"""

import argparse
import itertools
import tempfile
from collections.abc import Iterator
from pathlib import Path

import adacode_mm  # noqa: F401  # isort: skip  # adapts MMagic: comes first
import torch
from mmagic.structures import DataSample
from mmengine.config import Config, DictAction
from mmengine.optim import build_optim_wrapper
from mmengine.registry import DefaultScope
from mmengine.runner import Runner, set_random_seed
from torchvision.models import vgg16, vgg19

from adacode_mm.core.exceptions import InputError
from adacode_mm.registry import MODELS
from adacode_mm.training.host_memory import keep_freed_memory
from adacode_mm.training.run_config import load_config
from adacode_mm.training.switches import set_switches
from benchmarks.infer import medians
from benchmarks.records import (
    append_record,
    clock,
    command,
    in_a_process,
    part_clock,
    peak_mib,
    reset_peak,
    run_main,
    run_record,
)
from benchmarks.released import ReleasedEditor


def measure(
    config, side, iters, synthetic, random_backbones, device, seed
) -> dict:
    """Steps of one side in this process.

    Args:
        config: File of a config.
        side: 'ours' or 'released'.
        iters: Steps that are measured.
        synthetic: Random images instead of those of the training set.
        random_backbones: Random VGG weights in the losses.
        device: 'cpu' or 'cuda'.
        seed: Of weights and images.
    """
    cfg = Config.fromfile(config)
    if side == 'ours' and device == 'cpu':
        keep_freed_memory()
    set_random_seed(seed)
    model, optimizers = _build(cfg, side, random_backbones, device)
    batches = (_synthetic if synthetic else _loaded)(cfg, model, seed)
    reset_peak(device)
    losses = model.train_step(next(batches), optimizers)
    found = clock(lambda: model.train_step(next(batches), optimizers), iters)
    parts = {
        'generator': [model.generator],
        'prior': [model.hq_prior],
        'discriminator': [model.discriminator],
        'perceptual loss': [model.perceptual_loss],
        'code losses': list(model.code_losses.values()),
    }
    parts = {k: [x for x in v if x is not None] for k, v in parts.items()}
    with part_clock(parts, device) as seconds:
        model.train_step(next(batches), optimizers)
    seconds['backward and the rest'] = seconds.pop('other')
    return {
        **found,
        'parts': seconds,
        'peak_memory_mib': peak_mib(device),
        'losses': {name: float(value) for name, value in losses.items()},
    }


def _build(cfg, side, random_backbones, device):
    cfg.model.pop('init_cfg', None)
    if side == 'released':
        cfg.model.type = ReleasedEditor
        cfg.optim_wrapper.constructor = 'MultiOptimWrapperConstructor'
    with (
        DefaultScope.overwrite_default_scope('mmagic'),
        tempfile.TemporaryDirectory() as folder,
    ):
        if random_backbones:
            _randomise_backbones(cfg.model, folder)
        model = MODELS.build(cfg.model).to(device).train()
        optimizers = build_optim_wrapper(model, cfg.optim_wrapper)
        image = torch.rand(1, 3, 64, 64, device=device)
        with torch.no_grad():
            # The losses read their weights at the first call.
            if random_backbones and model.perceptual_loss is not None:
                model.perceptual_loss(image, image)
            if random_backbones and 'semantic' in model.code_losses:
                model.code_losses['semantic'](model.generator(image), image)
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


def _loaded(cfg, model, seed) -> Iterator[dict]:
    root = cfg.train_dataloader.dataset.get('data_root')
    if root and not Path(root).is_dir():
        raise InputError(
            f'There is no data set at {root!r}: give its folder by '
            f'--cfg-options train_dataloader.dataset.data_root=FOLDER, or use '
            f'--synthetic.'
        )
    with DefaultScope.overwrite_default_scope('mmagic'):
        loader = Runner.build_dataloader(cfg.train_dataloader, seed=seed)
    return itertools.chain.from_iterable(itertools.repeat(loader))


def _synthetic(cfg, model, seed) -> Iterator[dict]:
    batch = cfg.train_dataloader.batch_size
    steps = cfg.train_dataloader.dataset.pipeline
    side = next(
        (x['gt_patch_size'] for x in steps if 'gt_patch_size' in x), 256
    )
    small = side // model.generator.scale
    rgb = {'gt_channel_order': 'RGB', 'img_channel_order': 'RGB'}
    while True:
        gt, img = (
            torch.randint(0, 256, (batch, 3, n, n), dtype=torch.uint8)
            for n in (side, small)
        )
        samples = [DataSample(gt_img=each, metainfo=rgb) for each in gt]
        yield {'inputs': list(img), 'data_samples': samples}


def benchmark(args: argparse.Namespace) -> dict:
    """All sides in turn; the record."""
    device = args.device or ('cuda' if torch.cuda.is_available() else 'cpu')
    cfg = load_config(args.config, cfg_options=args.cfg_options)
    set_switches(cfg, amp=args.amp)
    if args.batch_size is not None:
        cfg.train_dataloader.batch_size = args.batch_size
    runs = {side: [] for side in ('ours', *args.against)}
    with tempfile.TemporaryDirectory() as folder:
        cfg.dump(f'{folder}/config.py')
        for number, side in itertools.product(range(args.rounds), runs):
            print(f'{side}, {number + 1} of {args.rounds} ...', flush=True)
            how = {
                'config': f'{folder}/config.py',
                'side': side,
                'iters': args.iters,
                'synthetic': args.synthetic,
                'random_backbones': args.random_backbones,
                'device': device,
                'seed': args.seed,
            }
            runs[side].append(in_a_process('benchmarks.train_step', how))
    return {
        **run_record(args.config, args.seed, device),
        'command': command('train_step'),
        'batch_size': cfg.train_dataloader.batch_size,
        'data': 'synthetic' if args.synthetic else 'training set',
        'backbones': 'random' if args.random_backbones else 'pretrained',
        'sides': {side: medians(found) for side, found in runs.items()},
    }


def parse_args(argv=None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add('config')
    add('--against', nargs='+', choices=['released'], default=[])
    add('--iters', type=int, default=5, help='steps a process')
    add('--rounds', type=int, default=1, help='processes for each side')
    add('--batch-size', type=int, metavar='B')
    add('--device', choices=['cpu', 'cuda'])
    add('--synthetic', action='store_true', help='random images')
    add(
        '--random-backbones',
        action='store_true',
        help='random VGG weights: nothing is fetched, the cost is the same',
    )
    add('--amp', choices=['bf16', 'fp16'])
    add('--json', metavar='FILE', help='append the record to a file')
    add('--seed', type=int, default=0)
    add('--cfg-options', nargs='+', action=DictAction, metavar='KEY=VALUE')
    return parser.parse_args(argv)  # fmt: skip


def main(argv=None) -> None:
    from benchmarks.make_page import training_step

    args = parse_args(argv)
    record = benchmark(args)
    if args.json:
        append_record(args.json, record)
    print(training_step([record]))


if __name__ == '__main__':
    run_main(main)
