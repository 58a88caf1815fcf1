"""What docs/mmagic.md shows is run, with small networks."""

import adacode_mm  # noqa: F401 isort: skip  (before MMagic)
import re
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmagic_page import PAGE, example, examples
from mmengine.config import Config
from tiny_stages import (
    CONFIGS,
    TINY,
    photo_batch,
    seeded_model,
    seeded_optimizers,
    tiny_config,
)

from adacode_mm.hosts.mmagic import our_models
from adacode_mm.models.losses.vq_loss import VQLoss
from adacode_mm.registry import MODELS

ROOT = CONFIGS.parent
PHOTO = ROOT / 'tests' / 'data' / 'photos' / 'coffee_odd_131x97.png'
TINY_OF = {
    'adacode_tiny_sr_x4': 'stage3_sr_x4',
    'adacode_tiny_inpaint': 'stage3_inpaint',
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where the page's files are; small networks in place of the packaged."""
    monkeypatch.chdir(tmp_path)
    Path('configs').symlink_to(CONFIGS)
    photo = cv2.imread(str(PHOTO))[:40, :50]
    cv2.imwrite('photo.png', photo)
    mask = np.zeros((40, 50), np.uint8)
    mask[10:20, 10:30] = 255
    cv2.imwrite('mask.png', mask)
    settings = []
    for setting in our_models.settings_of('adacode'):
        name = TINY_OF.get(setting['Name'])
        if name:
            model = seeded_model(tiny_config(name))
            weights = str(
                tmp_path / f'tiny_{name.removeprefix("stage3_")}.pth'
            )
            torch.save({'state_dict': model.state_dict()}, weights)
            config = str(TINY / f'{name}.py')
            setting = {**setting, 'Config': config, 'Weights': weights}
        settings.append(setting)
    monkeypatch.setattr(our_models, 'settings_of', lambda _: settings)
    return tmp_path


def test_inference_by_name_and_by_config(folder, capsys):
    scope = {}
    exec(example("MMagicInferencer('adacode')"), scope)
    enlarged = cv2.imread('photo_x4.png')
    assert enlarged.shape == (160, 200, 3)
    filled, photo = cv2.imread('filled.png'), cv2.imread('photo.png')
    assert filled.shape == photo.shape
    exec(example('model_config='), scope)
    assert '(160, 200, 3) uint8' in capsys.readouterr().out
    assert np.array_equal(scope['picture'], enlarged)


def test_the_readmes_inferencer(folder):
    text = (ROOT / 'README.md').read_text()
    blocks = re.findall(r'```python\n(.*?)```', text, re.DOTALL)
    (block,) = (b for b in blocks if 'MMagicInferencer' in b)
    exec(block, {})
    assert cv2.imread('restored.png').shape == (160, 200, 3)


def test_the_settings_are_those_of_the_page():
    rows = re.findall(r'^\| (\d), `(\w+)` \|', PAGE.read_text(), re.MULTILINE)
    settings = our_models.settings_of('adacode')
    assert rows == [(str(i), s['Name']) for i, s in enumerate(settings)]
    assert all('Weights' in setting for setting in settings)


def test_every_file_of_the_page_is_there():
    text = PAGE.read_text()
    linked = re.findall(r'\]\((\.\./\S+?)\)', text)
    shown = re.findall(r'python (tools/\S+) (configs/\S+?\.py)', text)
    assert len(linked) == 4 and len(shown) == 2
    for path in [PAGE.parent / each for each in linked]:
        assert path.is_file(), path
    for path in [ROOT / each for pair in shown for each in pair]:
        assert path.is_file(), path
    assert len(examples()) == 4


@pytest.fixture
def two_books(monkeypatch):
    """The network of the page, registered for one test."""
    before = {*MODELS.module_dict}
    scope = {'__name__': 'page'}
    monkeypatch.setitem(sys.modules, 'page', sys.modules[__name__])
    exec(example('class TwoBooks'), scope)
    yield scope['TwoBooks']
    for name in {*MODELS.module_dict} - before:
        del MODELS.module_dict[name]


def test_our_parts_work_in_a_network_of_ones_own(two_books):
    torch.manual_seed(0)
    net = two_books()
    image = torch.rand(2, 3, 32, 48)
    out = net(image)
    assert out.image.shape == image.shape
    assert out.weight.shape == (2, 2, 8, 12)
    rebuilt = sum(
        out.weight[:, k : k + 1] * quantizer.lookup(out.quantized[k].indices)
        for k, quantizer in enumerate(net.quantizers)
    )
    torch.testing.assert_close(out.mixed, rebuilt)
    torch.testing.assert_close(out.image, net.decoder(rebuilt))
    (out.image - image).abs().mean().add(VQLoss()(out)).backward()
    still = [n for n, p in net.named_parameters() if p.grad is None]
    assert not still
    for quantizer, quantized in zip(
        net.quantizers, out.quantized, strict=True
    ):
        rows = quantizer.embedding.weight.grad.abs().sum(1) > 0
        used = torch.zeros_like(rows)
        used[quantized.indices.flatten()] = True
        assert torch.equal(rows, used)


def test_our_editor_trains_a_network_of_ones_own(two_books):
    cfg = Config.fromfile(TINY / 'stage2.py')
    cfg.model.generator = {'type': 'TwoBooks'}
    cfg.model.frozen = []
    cfg.model.pop('init_cfg')
    model = seeded_model(cfg).train()
    assert type(model.generator) is two_books
    before = {k: v.clone() for k, v in model.generator.state_dict().items()}
    logs = model.train_step(photo_batch(cfg), seeded_optimizers(cfg, model))
    assert {'loss_pix', 'loss_vq', 'loss_gan'} <= set(logs)
    assert all(torch.isfinite(torch.as_tensor(v)) for v in logs.values())
    after = model.generator.state_dict()
    for part in ('encoder', 'predictor', 'decoder'):
        name = next(k for k in before if k.startswith(f'{part}.'))
        assert not torch.equal(before[name], after[name]), name
