import importlib.util

import numpy as np
import pytest
import torch
from cropped_photo import photo

from adacode_mm.core.exceptions import CheckpointError, ConfigError, InputError
from adacode_mm.evaluation.metrics.lpips import STLPIPS
from adacode_mm.models.losses.st_lpips_loss import STLPIPSLoss

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec('stlpips_pytorch') is None,
    reason='the extra `train` is not installed',
)

# Of the authors' own code, version 0.0.2, on the pair below.
PUBLISHED = {'alex': 0.0800671, 'vgg': 0.1637160}


def as_tensor(picture):
    return torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None] / 255


@pytest.fixture(scope='module')
def pair():
    """A photograph, and the same from half of its pixels."""
    sharp = photo(0, (96, 64))
    small = sharp.resize((48, 32)).resize(sharp.size)
    return as_tensor(small), as_tensor(sharp)


@pytest.mark.parametrize('net', PUBLISHED)
def test_value_is_the_published_one(pair, net):
    found = STLPIPSLoss(net, loss_weight=2.0)(*pair).item()
    assert found == pytest.approx(2 * PUBLISHED[net], rel=1e-4)


def test_the_gradient_goes_to_the_restored_image_alone(pair):
    pred, gt = (image.clone().requires_grad_() for image in pair)
    STLPIPSLoss('alex')(pred, gt).backward()
    assert pred.grad.abs().sum() > 0
    assert gt.grad is None


def test_weights_of_images(pair):
    pred, gt = pair
    both = torch.cat([pred, gt]), torch.cat([gt, gt])
    loss = STLPIPSLoss('alex')
    expected = loss(pred, gt).item() / 2
    found = loss(*both, weight=torch.tensor([1.0, 5.0])).item()
    assert found == pytest.approx(expected, rel=1e-4)  # the other is perfect
    assert loss(*both, weight=torch.tensor([0.0, 5.0])) == 0


def test_a_shift_of_a_pixel_counts_little(pair):
    _, gt = pair
    shifted = STLPIPSLoss('alex')(gt[..., :-1], gt[..., 1:]).item()
    assert shifted < PUBLISHED['alex'] / 2


def test_the_metric_is_the_mean_over_images(pair):
    metric = STLPIPS(prefix='val', device='cpu')
    for image in pair:
        bgr = (255 * image[0]).round().flip(0)
        truth = (255 * pair[1][0]).round().flip(0)
        metric.process(None, [{'gt_img': truth, 'pred_img': bgr}])
    found = metric.evaluate(2)
    expected = pytest.approx(PUBLISHED['alex'] / 2, rel=1e-3)
    assert found == {'val/ST-LPIPS': expected}
    assert not metric.higher_is_better


def test_wrong_use_is_explained(pair, monkeypatch):
    with pytest.raises(ConfigError, match='squeeze'):
        STLPIPSLoss('squeeze')
    with pytest.raises(InputError, match='96'):
        STLPIPSLoss('alex')(pair[0][..., :-2], pair[1])
    monkeypatch.setattr(importlib.util, 'find_spec', lambda name: None)
    with pytest.raises(CheckpointError, match='stlpips-pytorch'):
        STLPIPSLoss('alex')(*pair)
    assert not STLPIPS(device='cpu').reports()
