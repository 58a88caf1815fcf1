"""What all metrics do with samples: in MMagic's evaluator, and by hand."""

import adacode_mm  # noqa: F401 isort: skip  (before MMagic)
import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from captured_log import captured_log
from compared_images import blurred, photo, tensor
from mmagic.evaluation import Evaluator
from mmagic.structures import DataSample

from adacode_mm.core.exceptions import InputError
from adacode_mm.evaluation.metrics.lpips import LPIPS
from adacode_mm.evaluation.metrics.per_image_metric import PerImageMetric
from adacode_mm.evaluation.metrics.protocol_scores import (
    ProtocolPSNR,
    ProtocolSSIM,
)
from adacode_mm.evaluation.protocols import metric_configs

NAMES = ['coffee_odd_131x97.png', 'rocket_128.png', 'hubble_128.png']


def data_samples():
    samples = []
    for name in NAMES:
        gt = photo(name)
        sample = DataSample(gt_img=tensor(gt).float())
        sample.output = DataSample(pred_img=tensor(blurred(gt)).float())
        samples.append(sample)
    return samples


def test_two_batches_in_the_evaluator_of_mmagic():
    configs = metric_configs('bt601', 4, ['NIQE', 'LPIPS'])
    for config in configs:
        config['prefix'] = 'Set5'
    evaluator = Evaluator(configs)
    module = SimpleNamespace(data_preprocessor=None)
    with captured_log() as lines:
        evaluator.prepare_metrics(module, SimpleNamespace(dataset=NAMES))
        assert len(lines) == 1 and 'reports no LPIPS' in lines[0]
        samples = data_samples()
        for batch in (samples[:2], samples[2:]):
            evaluator.process(batch, None, evaluator.metrics)
        found = evaluator.evaluate()
    expected = [
        ProtocolPSNR('bt601', 4).process_image(
            sample.gt_img, sample.output.pred_img
        )
        for sample in samples
    ]
    # 128 pixels are too little for NIQE; AlexNet's weights are not here.
    assert found.keys() == {'Set5/PSNR', 'Set5/SSIM'}
    assert found['Set5/PSNR'] == pytest.approx(np.mean(expected))
    assert evaluator.metrics[0].values == expected
    assert len(lines) == 2 and 'mean of 0 of 3 images' in lines[1]


def test_samples_with_and_without_output():
    gt, pred = data_samples()[0].gt_img, data_samples()[0].output.pred_img
    found = []
    for sample in (
        {'gt_img': gt, 'pred_img': pred},
        {'gt_img': gt, 'output': {'pred_img': pred}},
    ):
        metric = ProtocolSSIM()
        metric.process(None, [sample])
        found.append(metric.evaluate())
    assert found[0] == found[1]
    assert 0.3 < found[0]['SSIM'] < 0.99


def test_images_without_a_value_are_left_out_and_counted():
    large, small = photo('rocket_128.png'), photo('rocket_128.png')[:9]
    metric = ProtocolSSIM()
    for gt in (large, small, large):
        metric.process(
            None, [{'gt_img': tensor(gt), 'pred_img': tensor(blurred(gt))}]
        )
    with captured_log() as lines:
        found = metric.evaluate(3)
    (line,) = lines
    assert line.startswith('SSIM is the mean of 2 of 3 images')
    assert math.isnan(metric.values[1])
    assert found == {'SSIM': pytest.approx(metric.values[0])}


@pytest.mark.parametrize(
    ('sample', 'message'),
    [
        (
            {'gt_img': (3, 8, 9), 'pred_img': (3, 16, 18)},
            'one size, got pred_img of 18x16 and gt_img of 9x8 pixels',
        ),
        ({'gt_img': (3, 8, 9)}, "needs 'pred_img' .*got .'gt_img'"),
        (
            {'gt_img': (2, 3, 8, 9), 'pred_img': (3, 8, 9)},
            r"'gt_img' of shape \(3, H, W\) .*got \(2, 3, 8, 9\)",
        ),
    ],
)
def test_samples_that_cannot_be_compared(sample, message):
    sample = {k: torch.zeros(v, dtype=torch.uint8) for k, v in sample.items()}
    with pytest.raises(InputError, match=message):
        ProtocolPSNR().process(None, [sample])


def test_the_image_is_named():
    sample = {
        'gt_img': torch.zeros(3, 8, 8),
        'pred_img': torch.zeros(3, 8, 9),
        'gt_path': 'HR/baby.png',
    }
    with pytest.raises(InputError, match=r'pixels \(HR/baby\.png\): check'):
        ProtocolPSNR().process(None, [sample])


class _Absent(PerImageMetric):
    metric = 'Absent'

    def _missing(self):
        return 'x.pth is needed.'

    def process_image(self, gt, pred, mask):
        raise AssertionError


def test_what_is_missing_is_said_once_and_is_no_number():
    metric = _Absent()
    sample = {'gt_img': torch.zeros(3, 8, 8), 'pred_img': torch.zeros(3, 8, 8)}
    with captured_log() as lines:
        assert not metric.reports()
        assert metric.missing == 'x.pth is needed.'
        metric.process(None, [sample])
        assert metric.evaluate(1) == {}
    assert lines == ['Validation reports no Absent: x.pth is needed.']
    assert metric.values == []


def test_lpips_of_vgg_has_a_name_of_its_own():
    metrics = [LPIPS(net, download=False) for net in ('alex', 'vgg')]
    with captured_log() as lines:
        assert not any(metric.reports() for metric in metrics)
    assert [m.metric for m in metrics] == ['LPIPS', 'LPIPS-VGG']
    for metric, name in zip(metrics, ('alexnet', 'vgg16'), strict=True):
        assert metric.missing.startswith(name)
        assert 'https://download.pytorch.org' in metric.missing
    assert len(lines) == 2
