"""LPIPS of photographs, and of nothing where the weights are missing."""

from pathlib import Path
from types import SimpleNamespace

import cv2
import lpips
import numpy as np
import pytest
import torch
from captured_log import captured_log
from random_alexnet import NAME, URL, random_alexnet
from torch import nn

import adacode_mm  # noqa: F401  (before MMagic)
from adacode_mm.core.exceptions import CheckpointError, ConfigError
from adacode_mm.evaluation.metrics import per_image_metric as module
from adacode_mm.evaluation.metrics.lpips import LPIPS
from adacode_mm.registry import METRICS

PHOTOS = Path(__file__).parents[2] / 'data' / 'photos'


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """Folder that torchvision's weights are looked for in; empty."""
    monkeypatch.setenv('TORCH_HOME', str(tmp_path))
    folder = tmp_path / 'hub' / 'checkpoints'
    folder.mkdir(parents=True)

    def download_url_to_file(url, path, *args, **kwargs):
        raise AssertionError(f'{url} was downloaded')

    monkeypatch.setattr(
        torch.hub, 'download_url_to_file', download_url_to_file
    )
    return folder


@pytest.fixture
def weights(hub):
    """AlexNet with random weights, where torchvision would have put it."""
    torch.save(random_alexnet(), hub / NAME)
    return hub / NAME


def photo(name):
    """BGR, 0..255, as MMagic's metrics get it."""
    image = cv2.imread(str(PHOTOS / name))
    return torch.from_numpy(image).permute(2, 0, 1).float()


def restored(name):
    """A photograph with blur and noise, not rounded."""
    image = cv2.GaussianBlur(cv2.imread(str(PHOTOS / name)), (5, 5), 1.5)
    noise = np.random.default_rng(0).normal(0, 4, image.shape)
    image = (image + noise).clip(0, 255).astype(np.float32)
    return torch.from_numpy(image).permute(2, 0, 1)


def by_the_package(pred, gt, channels=(2, 1, 0)):
    """`lpips.LPIPS` of two BGR images, from -1 to 1."""
    net = lpips.LPIPS(net='alex', pnet_rand=True, verbose=False)
    state = random_alexnet()
    for name, own in net.net.named_parameters():
        own.data.copy_(state[f'features.{name.split(".", 1)[1]}'])
    pred, gt = (x[list(channels)][None] / 127.5 - 1 for x in (pred, gt))
    with torch.no_grad():
        return net(pred, gt).item()


@pytest.mark.parametrize(
    'name', ['astronaut_face_128.png', 'coffee_odd_131x97.png']
)
def test_equals_the_package_in_rgb(weights, name):
    pred, gt = restored(name), photo(name)
    value = LPIPS().process_image(gt, pred)
    assert type(value) is float
    assert value == pytest.approx(by_the_package(pred, gt), rel=1e-5)
    # the order of the channels matters, and this is the right one
    swapped = by_the_package(pred, gt, (0, 1, 2))
    assert abs(swapped - value) > 1e-3 * value
    assert LPIPS().process_image(gt.flip(0), pred.flip(0)) == pytest.approx(
        swapped, rel=1e-5
    )
    assert LPIPS().process_image(gt, gt) == 0


def evaluate(metric, names):
    """What the metric says of some restored photographs, one a batch."""
    loader = SimpleNamespace(dataset=names)
    metric.prepare(SimpleNamespace(data_preprocessor=None), loader)
    for name in names:
        sample = {
            'gt_img': photo(name),
            'output': {'pred_img': restored(name)},
        }
        metric.process(None, [sample])
    return metric.evaluate()


def test_mean_over_a_set(weights):
    names = ['rocket_128.png', 'coffee_odd_131x97.png', 'hubble_128.png']
    metric = METRICS.build({'type': 'adacode_mm.LPIPS', 'prefix': 'val'})
    expected = [by_the_package(restored(n), photo(n)) for n in names]
    assert len(set(expected)) == 3
    for _ in range(2):  # nothing is left from the first time
        found = evaluate(metric, names)
        assert found.keys() == {'val/LPIPS'}
        assert found['val/LPIPS'] == pytest.approx(np.mean(expected), 1e-5)


def test_half_precision_predictions(weights):
    pred, gt = restored('rocket_128.png'), photo('rocket_128.png')
    assert LPIPS().process_image(gt, pred.half()) == pytest.approx(
        by_the_package(pred.half().float(), gt), rel=1e-5
    )


def test_without_weights_one_sentence_and_no_number(hub):
    metric = LPIPS(download=False, prefix='val')
    with captured_log() as lines:
        assert not metric.reports()
        assert evaluate(metric, ['rocket_128.png']) == {}
        assert evaluate(metric, ['rocket_128.png']) == {}
    (line,) = lines
    assert line.startswith(f'Validation reports no LPIPS: {NAME} is needed')
    assert URL in line
    assert line.endswith(f'put it in the folder {hub}.')
    assert '\n' not in line


def test_weights_are_downloaded_where_allowed(hub, monkeypatch):
    def download(url, path, *args, **kwargs):
        assert url == URL
        torch.save(random_alexnet(), path)

    monkeypatch.setattr(torch.hub, 'download_url_to_file', download)
    assert not LPIPS(download=False).reports()
    assert LPIPS().reports()
    assert (hub / NAME).is_file()


def test_a_download_that_fails_is_no_crash(hub, monkeypatch):
    def download(*args, **kwargs):
        raise OSError('no network')

    monkeypatch.setattr(torch.hub, 'download_url_to_file', download)
    with captured_log() as lines:
        assert not LPIPS(prefix='val').reports()
    (line,) = lines
    assert 'no network' in line and URL in line and str(hub) in line


def test_no_number_if_one_process_lacks_the_weights(weights, monkeypatch):
    monkeypatch.setattr(module, 'all_reduce', lambda absent: absent.add_(1))
    with captured_log() as lines:
        assert evaluate(LPIPS(prefix='val'), ['rocket_128.png']) == {}
    assert lines == [
        'Validation reports no LPIPS: another process lacks the weights.'
    ]


def test_given_weights_have_to_be_there(hub):
    with pytest.raises(CheckpointError, match=r'none\.pth.* is no file'):
        LPIPS(weights=str(hub / 'none.pth')).reports()
    with pytest.raises(ConfigError, match=r"'alex'.*'resnet'"):
        LPIPS('resnet')


def test_the_network_is_no_part_of_a_model(weights):
    metric = LPIPS()
    assert metric.reports()
    assert not isinstance(metric, nn.Module)
    assert not list(metric._distance.parameters())
