"""NIQE of MMagic, beside that of pyiqa."""

import adacode_mm  # noqa: F401 isort: skip  (before MMagic)
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from captured_log import captured_log
from compared_images import blurred, photo, scores, tensor
from mmagic.evaluation import metrics as theirs

from adacode_mm.evaluation.metrics.restoration_niqe import RestorationNIQE

PHOTO = 'astronaut_256.png'


def test_agrees_with_pyiqa_on_the_same_parameters():
    arch = pytest.importorskip(
        'pyiqa.archs.niqe_arch', reason='pyiqa is an extra'
    )
    parameters = np.load(Path(theirs.__file__).parent / 'niqe_pris_params.npz')
    mean, cov = (
        torch.from_numpy(np.squeeze(parameters[name]))
        for name in ('mu_pris_param', 'cov_pris_param')
    )
    gt = photo(PHOTO)
    for image in (gt, blurred(gt)):
        expected = arch.calculate_niqe(
            tensor(image).flip(0)[None] / 255,
            mu_pris_param=mean,
            cov_pris_param=cov,
        ).item()
        found = RestorationNIQE().process_image(None, tensor(image))
        assert type(found) is float
        assert found == pytest.approx(expected, rel=0.01)


def test_sees_the_prediction_alone():
    gt = photo(PHOTO)
    metric = RestorationNIQE(prefix='Set')
    with captured_log() as lines:
        found = scores(metric, [(gt, blurred(gt)), (gt, gt)])
    assert not lines
    assert metric.values[0] > metric.values[1] + 0.5  # lower is better
    assert found == {'Set/NIQE': np.mean(metric.values)}
    alone = RestorationNIQE()
    alone.process(None, [{'pred_img': tensor(gt)}])
    assert alone.evaluate() == {'NIQE': metric.values[1]}


def test_gray_and_small_images():
    gray = photo(PHOTO, gray=True)
    value = RestorationNIQE().process_image(None, tensor(gray))
    as_color = np.stack([gray] * 3, 2)
    assert value == RestorationNIQE().process_image(None, tensor(as_color))
    assert 1 < value < 20
    assert math.isnan(
        RestorationNIQE().process_image(None, tensor(gray[:191, :191]))
    )
    assert RestorationNIQE().process_image(None, tensor(gray[:192, :96])) > 0
