"""FID, by a network of means and by Inception with random weights."""

import adacode_mm  # noqa: F401 isort: skip  (before MMagic)
import numpy as np
import pytest
import torch
from captured_log import captured_log
from compared_images import PHOTOS, blurred, photo, scores, tensor
from mmagic.evaluation.functional.fid_inception import (
    FID_WEIGHTS_URL,
    fid_inception_v3,
)
from scipy.linalg import sqrtm
from torch import nn

from adacode_mm.evaluation.metrics.restoration_fid import (
    RestorationFID,
    _resized,
    frechet_distance,
    inception,
)

NAME = FID_WEIGHTS_URL.rsplit('/', 1)[-1]
NAMES = [
    'rocket_128.png',
    'chelsea_fur_128.png',
    'hubble_128.png',
    'coffee_odd_131x97.png',
    'astronaut_face_128.png',
]


class Means(nn.Module):
    """Features: mean of every channel, in R, G, B, and of all squares."""

    def forward(self, image):
        assert image.shape[1:] == (3, 299, 299) and image.abs().max() <= 1
        squares = image.square().mean((1, 2, 3), keepdim=True)
        means = image.mean((2, 3), keepdim=True)
        return torch.cat([means, squares], 1).flatten(1)


class StandIn(RestorationFID):
    def _build_network(self):
        return Means()


def by_definition(x, y):
    shift = x.mean(0) - y.mean(0)
    cov_x, cov_y = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    root = np.real(sqrtm(cov_x @ cov_y))
    return shift @ shift + np.trace(cov_x + cov_y - 2 * root)


@pytest.mark.parametrize(('n', 'm', 'dims'), [(40, 30, 5), (6, 9, 20)])
def test_distance_of_gaussians(n, m, dims):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(n, dims)) @ rng.normal(size=(dims, dims))
    y = rng.normal(0.3, 2, size=(m, dims))
    found = frechet_distance(x, y)
    assert found == pytest.approx(frechet_distance(y, x))
    if n > dims:
        assert found == pytest.approx(by_definition(x, y), rel=1e-6)
    else:  # the root of a singular matrix is only roughly to be had
        assert found == pytest.approx(by_definition(x, y), rel=1e-3)
    assert frechet_distance(x, x + 2) == pytest.approx(4 * dims)
    assert frechet_distance(x, x) == pytest.approx(0, abs=1e-9)


def test_of_two_sets():
    pairs = [(photo(name), blurred(photo(name))) for name in NAMES]
    pairs = [(gt, 255 - pred // 2) for gt, pred in pairs]
    metric = StandIn(prefix='Set')
    found = scores(metric, pairs)
    assert found.keys() == {'Set/FID'}
    assert metric.values == []  # no image has one
    x, y = (
        np.array(
            [
                [
                    *image.reshape(-1, 3).mean(0)[::-1] / 128 - 1,
                    np.square(image / 128.0 - 1).mean(),
                ]
                for image in images
            ]
        )
        for images in zip(*pairs, strict=True)
    )
    # Resizing keeps means of channels but roughly.
    assert found['Set/FID'] == pytest.approx(by_definition(x, y), rel=0.02)
    again = [(gt, gt) for gt, _ in pairs]
    assert scores(metric, again)['Set/FID'] == pytest.approx(0, abs=1e-6)


def test_one_image_is_no_set():
    gt = photo(NAMES[0])
    with captured_log() as lines:
        assert scores(StandIn(), [(gt, gt)]) == {}
    assert 'needs two images or more, got 1' in lines[0]


@pytest.fixture
def weights(tmp_path, monkeypatch):
    """Where the file of Inception has to be; it is not there."""
    monkeypatch.setenv('TORCH_HOME', str(tmp_path))
    folder = tmp_path / 'hub' / 'checkpoints'
    folder.mkdir(parents=True)
    return folder / NAME


def test_without_weights(weights):
    gt = photo(NAMES[0])
    metric = RestorationFID()
    with captured_log() as lines:
        assert scores(metric, [(gt, gt), (gt, gt)]) == {}
    assert lines == [f'Validation reports no FID: {metric.missing}']
    assert metric.missing == (
        f'{NAME} is needed and there is no such file: get it from '
        f'{FID_WEIGHTS_URL} and put it in the folder {weights.parent}.'
    )
    torch.save({'fc.weight': torch.zeros(2)}, weights)
    other = RestorationFID()
    assert not other.reports()
    assert 'got a file with 1 other entries' in other.missing


@torch.no_grad()
def test_features_are_those_of_pyiqa(weights, monkeypatch):
    theirs = pytest.importorskip(
        'pyiqa.archs.inception', reason='pyiqa is an extra'
    )
    with torch.device('meta'):
        net = fid_inception_v3(load_ckpt=False)
    generator = torch.Generator().manual_seed(0)
    state = {}
    for name, value in net.state_dict().items():
        state[name] = torch.ones(value.shape, dtype=value.dtype)
        if value.ndim > 1:
            std = (2 / value[0].numel()) ** 0.5
            state[name].normal_(0, std, generator=generator)
    torch.save(state, weights)
    monkeypatch.setattr(
        theirs,
        'load_pretrained_network',
        lambda net, url: net.load_state_dict(state),
    )
    image = tensor(photo(NAMES[0])).float().flip(0)[None]
    batch = nn.functional.interpolate(image, (299, 299)) / 128 - 1
    ours = inception()(batch)
    expected = theirs.InceptionV3().eval()(batch)[0].flatten(1)
    assert ours.shape == (1, 2048) and ours.std() > 1e-3
    torch.testing.assert_close(ours, expected, rtol=1e-4, atol=1e-5)


def test_resized_as_by_pyiqa():
    arch = pytest.importorskip(
        'pyiqa.archs.fid_arch', reason='pyiqa is an extra'
    )
    for name in ('astronaut_256.png', 'coffee_odd_131x97.png'):
        (theirs,) = arch.ResizeDataset([PHOTOS / name], 'clean')
        ours = _resized(tensor(photo(name)))
        torch.testing.assert_close(ours, (theirs - 128) / 128)
