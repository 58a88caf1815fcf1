"""What a training leaves to look at: curves, pictures, the best checkpoint."""

import json
import os
import subprocess
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config
from random_alexnet import NAME, random_alexnet
from tensorboard.backend.event_processing.event_accumulator import (
    EventAccumulator,
)
from tiny_stages import CONFIGS, TINY, tiny_config

import adacode_mm  # noqa: F401  (before MMagic)
from adacode_mm.models.adacode.codebook_patches import codebook_patches
from adacode_mm.models.layers.padding import padded_forward
from adacode_mm.training.run_config import test_config, train_config
from adacode_mm.views.codebook_sheet import codebook_sheet
from adacode_mm.views.weight_map import weight_maps_picture

TRAIN = CONFIGS.parent / 'tools' / 'train.py'
PHOTOS = CONFIGS.parent / 'tests' / 'data' / 'photos'
CAPTION, GAP = 20, 8
OPTIONS = {
    'train_cfg.max_iters': 4,
    'train_cfg.val_interval': 2,
    'train_dataloader.batch_size': 2,
    'custom_hooks.0.interval': 2,
    'default_hooks.logger.interval': 1,
    'default_hooks.checkpoint.interval': 2,
}
THREE = 'annotations/architecture_train.txt'
METRICS = ('val/PSNR', 'val/SSIM', 'val/LPIPS')
LOSSES = ('loss_pix', 'loss_gan', 'loss_vq', 'loss_d_real', 'loss_d_fake')
USAGE = [
    f'codebook{k}/{name}'
    for k in range(5)
    for name in ('perplexity', 'dead_codes')
]


def place_alexnet(folder):
    """Random weights where torchvision looks for its own."""
    folder = folder / 'hub' / 'checkpoints'
    folder.mkdir(parents=True)
    torch.save(random_alexnet(), folder / NAME)


def stage2(**options):
    return tiny_config('stage2', **{**OPTIONS, **options})


@pytest.fixture(scope='module')
def watched(tmp_path_factory):
    """Stage II after four steps and two validations."""
    home = tmp_path_factory.mktemp('torch_home')
    place_alexnet(home)
    work_dir = tmp_path_factory.mktemp('watched')
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('TORCH_HOME', str(home))
        runner = train_config(stage2(), str(work_dir))
        yield SimpleNamespace(
            home=home,
            work_dir=work_dir,
            log_dir=work_dir / runner.timestamp / 'vis_data',
            net=runner.model.generator.eval(),
        )


@pytest.fixture
def alexnet(watched, monkeypatch):
    """Its weights are there for this test, too."""
    monkeypatch.setenv('TORCH_HOME', str(watched.home))


def scalars_of(log_dir):
    """Name -> step -> value, from MMEngine's file."""
    found = {}
    for line in (log_dir / 'scalars.json').read_text().splitlines():
        values = json.loads(line)
        step = values.pop('step')
        for name, value in values.items():
            assert step not in found.setdefault(name, {}), (name, step)
            found[name][step] = value
    return found


def events_of(log_dir):
    everything = {'scalars': 0, 'images': 0}
    return EventAccumulator(str(log_dir), size_guidance=everything).Reload()


def png(log_dir, name):
    path = log_dir / 'vis_image' / f'{name}.png'
    image = cv2.imread(str(path))
    assert image is not None, f'there is no {path.name}'
    return image[..., ::-1]


def test_scalars_in_the_file_and_in_tensorboard(watched):
    scalars = scalars_of(watched.log_dir)
    expected = {
        **dict.fromkeys(LOSSES, (1, 2, 3, 4)),
        **dict.fromkeys(['generator.lr', 'discriminator.lr'], (1, 2, 3, 4)),
        **dict.fromkeys(['time', 'data_time'], (1, 2, 3, 4)),
        # the latest report is repeated
        **dict.fromkeys(USAGE, (2, 3, 4)),
        **dict.fromkeys(METRICS, (2, 4)),
        **dict.fromkeys(['val/time', 'val/data_time'], (2, 4)),
    }
    events = events_of(watched.log_dir)
    for name, steps in expected.items():
        assert tuple(sorted(scalars[name])) == steps, name
        drawn = {each.step: each.value for each in events.Scalars(name)}
        assert drawn == pytest.approx(scalars[name], rel=1e-6), name
    for k, codes in enumerate((64, 32, 64, 32, 32)):
        assert 1 <= scalars[f'codebook{k}/perplexity'][4] <= codes
        assert 0 <= scalars[f'codebook{k}/dead_codes'][4] < 1
    assert scalars['val/LPIPS'][2] != scalars['val/LPIPS'][4]
    assert 'config' in ' '.join(events.Tags()['tensors'])


def photo(name):
    image = cv2.imread(str(PHOTOS / f'{name}.png'))[..., ::-1]
    return torch.from_numpy(image.copy()).permute(2, 0, 1)[None] / 255


@torch.no_grad()
def test_the_last_pictures_are_those_of_the_trained_network(watched):
    valid = ['astronaut_face_128', 'coffee_odd_131x97']
    for n, name in enumerate(valid):
        gt = photo(name)
        panels = png(watched.log_dir, f'restored{n}_{name}_4')
        assert panels.shape[1] == 2 * gt.shape[-1] + GAP, 'input is the gt'
        out = padded_forward(watched.net, gt)
        width = gt.shape[-1]
        for start, image in ((0, out.image), (width + GAP, gt)):
            panel = panels[CAPTION:, start : start + width].astype(int)
            exact = (image[0].clamp(0, 1) * 255).permute(1, 2, 0).numpy()
            assert np.abs(panel - exact).max() <= 0.51
        if n == 0:
            maps = weight_maps_picture(
                out.weight, 8, gt.shape[-2:], style='signed'
            )
            np.testing.assert_array_equal(
                png(watched.log_dir, 'weight_maps_4'), maps
            )
    for k in range(5):
        np.testing.assert_array_equal(
            png(watched.log_dir, f'codebook{k}_4'),
            codebook_sheet(codebook_patches(watched.net, k)),
        )


def test_the_same_pictures_are_in_tensorboard(watched):
    events = events_of(watched.log_dir)
    names = events.Tags()['images']
    files = (watched.log_dir / 'vis_image').iterdir()
    assert sorted(path.stem for path in files) == sorted(
        f'{name}_{step}' for name in names for step in (2, 4)
    )
    for name in names:
        for event in events.Images(name):
            image = np.frombuffer(event.encoded_image_string, np.uint8)
            np.testing.assert_array_equal(
                cv2.imdecode(image, cv2.IMREAD_COLOR)[..., ::-1],
                png(watched.log_dir, f'{name}_{event.step}'),
            )


def test_best_by_lpips_where_its_weights_are(watched):
    lpips = scalars_of(watched.log_dir)['val/LPIPS']
    step = min(lpips, key=lpips.get)
    (best,) = watched.work_dir.glob('best_*.pth')
    assert best.name == f'best_val_LPIPS_iter_{step}.pth'
    (log,) = watched.work_dir.glob('*/*.log')
    text = log.read_text()
    said = text.index('The best checkpoint is kept by val/LPIPS (lower')
    assert said < text.index('Iter(train)')
    assert 'reports no LPIPS' not in text


def test_best_by_psnr_where_they_are_not(tmp_path, monkeypatch):
    monkeypatch.setenv('TORCH_HOME', str(tmp_path))
    cfg = stage2(**{'train_cfg.max_iters': 2, 'custom_hooks': []})
    train_config(cfg, str(tmp_path))
    (best,) = tmp_path.glob('best_*.pth')
    assert best.name == 'best_val_PSNR_iter_2.pth'
    (log_dir,) = tmp_path.glob('*/vis_data')
    scalars = scalars_of(log_dir)
    assert scalars.keys() >= {'val/PSNR', 'val/SSIM'}
    assert 'val/LPIPS' not in scalars
    (log,) = tmp_path.glob('*/*.log')
    text = log.read_text()
    assert text.count(f'reports no LPIPS: {NAME} is needed') == 1
    assert text.index('reports no LPIPS') < text.index('Iter(train)')
    assert 'kept by val/PSNR (higher is better)' in text


def test_a_resumed_training_writes_beside_the_first_one(watched, alexnet):
    before = {path: path.read_bytes() for path in watched.log_dir.rglob('*.*')}
    cfg = stage2(**{'train_cfg.max_iters': 5})
    runner = train_config(cfg, str(watched.work_dir), resume=True)
    log_dir = watched.work_dir / runner.timestamp / 'vis_data'
    assert log_dir != watched.log_dir
    for path, content in before.items():
        assert path.read_bytes() == content, f'{path} was changed'
    assert set(scalars_of(log_dir)['loss_pix']) == {5}
    (event,) = events_of(log_dir).Scalars('loss_pix')
    assert event.step == 5
    assert (log_dir / 'vis_image' / 'weight_maps_5.png').exists()


def test_two_processes(alexnet, warm_python, tmp_path):
    """Only one draws, and the mean is that over all three images."""
    cfg = stage2(
        **{
            'train_cfg.max_iters': 2,
            'val_dataloader.dataset.ann_file': THREE,
            'test_dataloader.dataset.ann_file': THREE,
        }
    )
    cfg.dump(tmp_path / 'stage2.py')
    subprocess.run(
        [
            *(warm_python, '-m', 'torch.distributed.run'),
            *('--standalone', '--nproc_per_node=2', str(TRAIN)),
            *(str(tmp_path / 'stage2.py'), '--launcher', 'pytorch'),
            *('--work-dir', str(tmp_path / 'run')),
        ],
        check=True,
        timeout=300,
        env={**os.environ, 'OMP_NUM_THREADS': '1'},
        capture_output=True,
    )
    (log_dir,) = (tmp_path / 'run').glob('*/vis_data')
    assert len(list(log_dir.glob('events.*'))) == 1
    names = sorted(path.name for path in (log_dir / 'vis_image').iterdir())
    # Of the images 0, 1, 2 the first process has 0 and 2.
    assert [name for name in names if name.startswith('restored')] == [
        'restored0_rocket_128_2.png',
        'restored1_astronaut_256_2.png',
    ]
    assert {f'codebook{k}_2.png' for k in range(5)} < set(names)
    scalars = scalars_of(log_dir)
    cfg = Config.fromfile(tmp_path / 'stage2.py')
    checkpoint = str(tmp_path / 'run' / 'iter_2.pth')
    alone = test_config(cfg, checkpoint, str(tmp_path / 'alone'))
    assert set(alone) == set(METRICS)
    for name, value in alone.items():
        assert scalars[name][2] == pytest.approx(value, rel=1e-5), name
    (best,) = (tmp_path / 'run').glob('best_*.pth')
    assert best.name == 'best_val_LPIPS_iter_2.pth'


def test_full_size_experiments_draw_little():
    """About 20 times in the paper's 350k iterations."""
    for path in sorted(CONFIGS.glob('adacode/**/*.py')):
        cfg = Config.fromfile(path)
        hooks = [h for h in cfg.custom_hooks if 'Picture' in h.type]
        assert len(hooks) == 2
        for hook in hooks:
            drawings = cfg.train_cfg.max_iters / hook.get('interval', 1)
            assert TINY in path.parents or drawings <= 40, path.name
