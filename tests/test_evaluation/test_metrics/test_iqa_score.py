"""Scores of pyiqa, and none where it or weights are absent."""

import importlib.util
import math
import re
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from captured_log import captured_log
from compared_images import blurred, photo, scores, tensor
from torchvision.models import vgg

from adacode_mm.core.exceptions import ConfigError
from adacode_mm.evaluation.metrics.iqa_score import SCORES, IQAScore

WITHOUT_WEIGHTS = [name for name in SCORES if name != 'DISTS']
PHOTO = 'astronaut_256.png'


def has_pyiqa():
    return pytest.importorskip('pyiqa', reason='pyiqa is an extra')


@pytest.mark.parametrize('name', WITHOUT_WEIGHTS)
def test_value_and_direction(name):
    pyiqa = has_pyiqa()
    gt = photo(PHOTO)[:170, :180]
    little, much = gt.copy(), blurred(blurred(gt), 1)
    little[::7, ::5] += 3
    metric = IQAScore(name, prefix='Set')
    assert metric.reports() and metric.missing is None
    found = scores(metric, [(gt, gt), (gt, little), (gt, much)])
    assert found == {f'Set/{name}': pytest.approx(np.mean(metric.values))}
    best, good, bad = metric.values
    assert best == pytest.approx(1 if metric.higher_is_better else 0, abs=1e-3)
    assert (best > good > bad) is metric.higher_is_better
    assert (best < good < bad) is not metric.higher_is_better
    theirs = pyiqa.create_metric(SCORES[name].pyiqa, device='cpu')
    assert theirs.lower_better is not metric.higher_is_better
    rgb = [tensor(x).flip(0)[None] / 255 for x in (much, gt)]
    assert bad == pytest.approx(theirs(*rgb).item(), abs=1e-6)


@pytest.mark.parametrize('name', WITHOUT_WEIGHTS)
def test_the_smallest_image(name):
    has_pyiqa()
    side = SCORES[name].smallest
    gt = photo(PHOTO)[:side, :side]
    metric = IQAScore(name)
    scores(metric, [(gt, blurred(gt)), (gt[1:], blurred(gt)[1:])])
    assert math.isfinite(metric.values[0]) and math.isnan(metric.values[1])


def test_gray_images_and_predictions_that_are_not_rounded():
    has_pyiqa()
    gt = photo('camera_gray_128.png')
    pred = blurred(gt[..., 0])
    metric = IQAScore('GMSD')
    expected = metric.reports() and metric.process_image(
        tensor(gt), tensor(np.stack([pred] * 3, 2))
    )
    wobbly = tensor(pred).float() + 0.4
    found = metric.process_image(tensor(gt[..., 0]), wobbly)
    assert found == pytest.approx(expected, abs=1e-7) and found > 0.01


def test_without_pyiqa_one_sentence_and_no_number(monkeypatch):
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        'find_spec',
        lambda name: None if name == 'pyiqa' else find_spec(name),
    )
    metric = IQAScore('FSIM')
    gt = photo(PHOTO)
    with captured_log() as lines:
        assert scores(metric, [(gt, gt)]) == {}
    assert 'pip install pyiqa' in metric.missing
    assert lines == [f'Validation reports no FSIM: {metric.missing}']


@pytest.fixture
def dists(tmp_path, monkeypatch):
    """Folder where the files of DISTS are, with random weights."""
    arch = pytest.importorskip(
        'pyiqa.archs.dists_arch', reason='pyiqa is an extra'
    )
    monkeypatch.setenv('TORCH_HOME', str(tmp_path))
    folder = tmp_path / 'hub' / 'checkpoints'
    folder.mkdir(parents=True)
    generator = torch.Generator().manual_seed(0)
    weights = {
        name: torch.rand(1, 1475, 1, 1, generator=generator)
        for name in ('alpha', 'beta')
    }
    torch.save(weights, folder / 'DISTS_weights-f5e65c96.pth')
    # As a file VGG16 has half a gigabyte.
    torch.save({}, folder / 'vgg16-397923af.pth')
    with torch.random.fork_rng():
        torch.manual_seed(0)
        features = vgg.make_layers(vgg.cfgs['D'])
    monkeypatch.setattr(
        arch.models, 'vgg16', lambda **_: SimpleNamespace(features=features)
    )
    return folder


def by_definition(x, y, features, weights):
    """DISTS of two RGB images (1, 3, H, W), from its paper."""
    from pyiqa.archs.dists_arch import L2pooling

    mean = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)
    std = torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)
    total = weights['alpha'].sum() + weights['beta'].sum()
    score, at, maps = 1.0, 0, [(x, y)]
    x, y = ((image - mean) / std for image in (x, y))
    for layer in features[:30]:
        if isinstance(layer, torch.nn.MaxPool2d):
            layer = L2pooling(channels=x.shape[1])
            maps.append((x, y))
        x, y = layer(x), layer(y)
    maps.append((x, y))
    for x, y in maps:
        x, y = x.flatten(2), y.flatten(2)
        here = slice(at, at + x.shape[1])
        at += x.shape[1]
        mx, my = x.mean(2), y.mean(2)
        vx, vy = x.var(2, correction=0), y.var(2, correction=0)
        cov = (x * y).mean(2) - mx * my
        texture = (2 * mx * my + 1e-6) / (mx**2 + my**2 + 1e-6)
        structure = (2 * cov + 1e-6) / (vx + vy + 1e-6)
        for name, part in (('alpha', texture), ('beta', structure)):
            factor = weights[name][0, here, 0, 0] / total
            score = score - (factor * part[0]).sum()
    return score.item()


@torch.no_grad()
def test_dists_from_files_that_are_there(dists, capsys):
    gt = photo('rocket_128.png')
    metric = IQAScore('DISTS')
    assert metric.reports()
    assert capsys.readouterr().out == ''
    value = metric.process_image(tensor(gt), tensor(blurred(gt)))
    assert metric.process_image(tensor(gt), tensor(gt)) == pytest.approx(
        0, abs=1e-5
    )
    from pyiqa.archs.dists_arch import models

    rgb = [tensor(x).flip(0)[None] / 255 for x in (blurred(gt), gt)]
    weights = torch.load(dists / 'DISTS_weights-f5e65c96.pth')
    expected = by_definition(*rgb, models.vgg16().features, weights)
    assert value == pytest.approx(expected, rel=1e-3) and value > 0.01


def test_dists_without_files(dists):
    for name in ('DISTS_weights-f5e65c96.pth', 'vgg16-397923af.pth'):
        (dists / name).unlink()
        metric = IQAScore('DISTS')
        assert not metric.reports()
        assert metric.missing.startswith(f'{name} is needed')
        assert f'/{name} and put it in the folder {dists}.' in metric.missing


@pytest.mark.parametrize(
    ('content', 'message'),
    [
        ({'alpha': torch.zeros(1)}, 'DISTS must hold .*replace them'),
        ([1], 'must be a state dict, got a list'),
        (SimpleNamespace(), 'damaged or unsafe file'),
    ],
)
def test_dists_with_other_files(dists, content, message):
    torch.save(content, dists / 'DISTS_weights-f5e65c96.pth')
    metric = IQAScore('DISTS')
    assert not metric.reports()
    assert re.search(message, metric.missing)


def test_unknown_names_are_refused():
    with pytest.raises(ConfigError, match=r"'FSIM'.*got 'PIPAL'"):
        IQAScore('PIPAL')
