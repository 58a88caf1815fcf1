"""MMagic's runner, metrics, hooks and visualizers on our models."""

import adacode_mm  # noqa: F401 isort: skip  (before MMagic)
import copy
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmagic_page import example
from mmengine.config import Config
from shrunk_configs import data_root
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from tiny_stages import (
    CONFIGS,
    QUICK,
    seeded_model,
    tiny_config,
    working_directory,
)

from adacode_mm.core.exceptions import CheckpointError, ConfigError
from adacode_mm.models.layers.padding import padded_forward
from adacode_mm.training.run_config import test_config, train_config

MIXED = CONFIGS / 'mixed'
PHOTOS = Path(__file__).parents[1] / 'data' / 'photos'
BIG = 'astronaut_256.png'


def only(loader, folder, name=BIG):
    """Let a data loader give one photograph."""
    listed = folder / 'one.txt'
    listed.write_text(f'{name}\n')
    loader.dataset.ann_file = str(listed)


def picture_below(folder, stem):
    """The one picture of that name, RGB."""
    (path,) = folder.rglob(f'{stem}_*.png')
    return cv2.imread(str(path))[..., ::-1]


def inside(image, border=4):
    return image[border:-border, border:-border]


def panels(height, width, picture, input_scale=4):
    """Input, prediction(s) and ground truth from a picture side by side."""
    first = width // input_scale
    assert picture.shape[0] == height
    rest = picture[:, first:]
    assert rest.shape[1] % width == 0
    below = picture[height // input_scale :, :first]
    assert (below == 127).all()
    small = picture[: height // input_scale, :first]
    return small, np.split(rest, rest.shape[1] // width, axis=1)


@torch.no_grad()
def restored(network, small):
    """What a network of ours makes of 8-bit RGB, 0..255."""
    image = torch.from_numpy(small.copy()).permute(2, 0, 1)[None] / 255
    out = padded_forward(network, image).image[0].clamp(0, 1)
    return out.permute(1, 2, 0).numpy() * 255


def test_metrics_and_pictures_of_mmagic_on_our_model(tmp_path):
    """The example of the page: what it reports and draws."""
    (tmp_path / 'configs').symlink_to(CONFIGS)
    path = tmp_path / 'page.py'
    path.write_text(example('BasicVisualizationHook'))
    cfg = Config.fromfile(path)
    cfg.model.pop('init_cfg')
    model = seeded_model(cfg).eval()
    weights = tmp_path / 'tiny.pth'
    torch.save({'state_dict': model.state_dict(), 'meta': {}}, weights)
    only(cfg.test_dataloader, tmp_path)
    found = test_config(cfg, str(weights), work_dir=str(tmp_path / 'work'))

    picture = picture_below(tmp_path / 'work', Path(BIG).stem)
    small, (shown, gt) = panels(256, 256, picture)
    assert np.array_equal(gt, cv2.imread(str(PHOTOS / BIG))[..., ::-1])
    result = restored(model.generator, small)
    assert np.abs(shown - result).max() < 1
    error = np.abs(result - gt).mean() / 255
    assert found['val/MAE'] == pytest.approx(error, rel=1e-3)
    result, gt = inside(result).astype(float), inside(gt).astype(float)
    assert found['val/PSNR'] == pytest.approx(
        peak_signal_noise_ratio(gt, result, data_range=255), rel=1e-4
    )
    ssim = structural_similarity(
        gt, result, data_range=255, channel_axis=2,
        gaussian_weights=True, sigma=1.5, use_sample_covariance=False,
    )  # fmt: skip
    assert found['val/SSIM'] == pytest.approx(ssim, abs=5e-3)


def test_real_esrgan_trains_our_network_with_its_moving_average(tmp_path):
    """MMagic's EMA hook, and its validation of the average."""
    cfg = Config.fromfile(MIXED / 'realesrgan_with_adacode_x4.py')
    only(cfg.val_dataloader, tmp_path)
    momentum = cfg.custom_hooks[-1].interp_cfg.momentum = 0.25
    cfg.load_from = str(tmp_path / 'start.pth')
    before = seeded_model(cfg).state_dict()
    torch.save({'state_dict': before}, cfg.load_from)
    options = {**QUICK, 'train_cfg.val_interval': 1}
    with working_directory(tmp_path):
        runner = train_config(cfg, cfg_options=options)
    after = runner.model.state_dict()
    name = 'encoder.in_conv.weight'
    start, end = before[f'generator.{name}'], after[f'generator.{name}']
    assert not torch.equal(start, end)
    torch.testing.assert_close(
        after[f'generator_ema.{name}'], torch.lerp(start, end, momentum)
    )
    (log,) = Path(tmp_path, runner.log_dir).rglob('scalars.json')
    rows = [json.loads(line) for line in log.read_text().splitlines()]
    (psnr,) = [row['val/PSNR'] for row in rows if 'val/PSNR' in row]
    assert 3 < psnr < 40


@pytest.fixture(scope='module')
def compared(tmp_path_factory):
    """Config of the comparison with small networks, and their weights."""
    folder = tmp_path_factory.mktemp('compared')
    cfg = Config.fromfile(MIXED / 'compare_sr_x4.py')
    editors = cfg.model.editors
    editors.adacode.generator = tiny_config('stage3_sr_x4').model.generator
    small = {'mid_channels': 8, 'num_blocks': 1, 'growth_channels': 4}
    editors.real_esrgan.generator.update(small)
    networks = {}
    for name, editor in editors.items():
        alone = Config({'model': editor})
        networks[name] = seeded_model(alone, seed=3).generator.eval()
        state = networks[name].state_dict()
        state = {f'generator.{key}': value for key, value in state.items()}
        # A training's file has a discriminator, too.
        state['discriminator.weight'] = torch.zeros(1)
        cfg.model.checkpoints[name] = str(folder / f'{name}.pth')
        torch.save({'state_dict': state}, cfg.model.checkpoints[name])
    cfg.data_root = str(data_root())
    cfg.test_dataloader.dataset.data_root = str(data_root())
    cfg.test_dataloader.update(num_workers=0, persistent_workers=False)
    cfg.test_evaluator.metrics = cfg.test_evaluator.metrics[:4]  # not LPIPS
    return cfg, networks


def test_two_models_are_compared_in_one_run(compared, tmp_path):
    """Both get every image; the numbers are those of each one alone."""
    cfg, networks = compared
    found = test_config(cfg, work_dir=str(tmp_path))
    assert set(found) == {
        f'{name}/{metric}' for name in networks for metric in ('PSNR', 'SSIM')
    }
    pictures = sorted(tmp_path.rglob('*_0.png'))
    assert len(pictures) == 4
    psnr = {name: [] for name in networks}
    for path in pictures:
        picture = cv2.imread(str(path))[..., ::-1]
        small, shown = panels(128, 128, picture)
        original = (
            data_root() / 'patches' / path.name.replace('_0.png', '.png')
        )
        assert np.array_equal(shown[-1], cv2.imread(str(original))[..., ::-1])
        results = {
            'adacode': restored(networks['adacode'], small),
            'real_esrgan': _plain(networks['real_esrgan'], small),
        }
        for (name, result), panel in zip(results.items(), shown, strict=False):
            assert np.abs(panel - result).max() < 1, name
            psnr[name].append(
                peak_signal_noise_ratio(
                    inside(shown[-1]).astype(float),
                    inside(result).astype(float),
                    data_range=255,
                )
            )
    for name, values in psnr.items():
        mean = float(np.mean(values))
        assert found[f'{name}/PSNR'] == pytest.approx(mean, rel=1e-4), name
    assert found['adacode/PSNR'] != found['real_esrgan/PSNR']


@torch.no_grad()
def _plain(network, small):
    image = torch.from_numpy(small.copy()).permute(2, 0, 1)[None] / 255
    return network(image)[0].clamp(0, 1).permute(1, 2, 0).numpy() * 255


def test_a_compared_model_without_its_weights_is_refused(compared, tmp_path):
    cfg = copy.deepcopy(compared[0])
    path = cfg.model.checkpoints.real_esrgan
    with pytest.raises(ConfigError, match='name one file for each of the'):
        cfg.model.checkpoints = {'adacode': path}
        seeded_model(cfg)
    state = torch.load(path)['state_dict']
    del state['generator.conv_last.bias']
    torch.save(state, tmp_path / 'lacking.pth')
    cfg.model.checkpoints = {
        'adacode': compared[0].model.checkpoints.adacode,
        'real_esrgan': str(tmp_path / 'lacking.pth'),
    }
    model = seeded_model(cfg)
    with pytest.raises(CheckpointError, match=r'1 missing \(conv_last\.bias'):
        model.load()


def test_only_what_names_its_checkpoints_is_tested_without_one(compared):
    with pytest.raises(CheckpointError, match='A test needs one checkpoint'):
        test_config(tiny_config('stage3_sr_x4'))
    path = compared[0].model.checkpoints.adacode
    with pytest.raises(CheckpointError, match='names its own'):
        test_config(compared[0], path)
    with pytest.raises(ConfigError, match=r'it is for tools/test\.py'):
        train_config(compared[0])
