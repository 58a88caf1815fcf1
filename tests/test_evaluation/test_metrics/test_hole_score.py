"""Scores inside the holes, by hand."""

import math

import numpy as np
import pytest
import torch
from captured_log import captured_log
from compared_images import blurred, photo, tensor
from skimage.metrics import structural_similarity

from adacode_mm.core.exceptions import ConfigError, InputError
from adacode_mm.evaluation.metrics.hole_score import HoleScore
from adacode_mm.evaluation.metrics.protocol_scores import (
    ProtocolPSNR,
    ProtocolSSIM,
)

# A gray image of 100, restored with these errors; holes where it says so.
ERRORS = torch.zeros(16, 16)
ERRORS[:2, :2] = torch.tensor([[6.0, 0], [0, -8]])
ERRORS[9, 9] = 50  # not in a hole
HOLE = torch.zeros(1, 16, 16)
HOLE[0, :2, :2] = torch.tensor([[1.0, 0], [255, 1]])


def by_hand(score, protocol='rgb', border=False, hole=HOLE, errors=ERRORS):
    gt = torch.full((3, 16, 16), 100.0)
    metric = HoleScore(score, protocol, 2 if border else 1)
    return metric.process_image(gt, gt + errors, hole)


def test_values_by_hand():
    # squares of 6, 0 and -8 over three pixels
    psnr = 10 * math.log10(255**2 / (100 / 3))
    assert by_hand('PSNR') == pytest.approx(psnr, abs=1e-4)
    assert by_hand('PSNR', 'bt601') == pytest.approx(psnr, abs=1e-4)  # gray
    assert by_hand('L1') == pytest.approx(14 / 3 / 255)
    assert by_hand('L1', 'bt601') == pytest.approx(14 / 3 / 255)
    assert by_hand('PSNR', errors=0 * ERRORS) == math.inf
    shifted = HOLE.roll((4, 4), (1, 2))
    errors = ERRORS[:4, :4].new_zeros(16, 16)
    errors[4:6, 4:6] = ERRORS[:2, :2]
    paper = by_hand('PSNR', 'paper', hole=shifted, errors=errors)
    assert paper == pytest.approx(
        -10 * math.log10(100 / 3 / 255**2 + 1e-8), abs=1e-4
    )


def test_one_colour_only():
    gt = torch.full((3, 16, 16), 100.0)
    pred = gt.clone()
    pred[2, 0, 0] += 9  # red, in a hole
    hole = torch.zeros(1, 16, 16)
    hole[0, 0, :2] = 1
    value = HoleScore('L1').process_image(gt, pred, hole)
    assert value == pytest.approx(9 / 6 / 255)


def test_the_cropped_border_has_no_holes():
    assert math.isnan(by_hand('PSNR', border=True))
    hole = HOLE.clone()
    hole[0, 9, 9] = 1
    expected = 20 * math.log10(255 / 50)
    found = by_hand('PSNR', border=True, hole=hole)
    assert found == pytest.approx(expected, abs=1e-4)


def test_ssim_at_the_pixels_of_holes():
    gt = photo('coffee_odd_131x97.png')
    pred = blurred(gt)
    hole = np.zeros(gt.shape[:2], bool)
    hole[20:45, 30:80] = True
    hole[:3] = True  # nearer than 5 to the border
    _, whole = structural_similarity(
        gt.astype(float),
        pred.astype(float),
        data_range=255,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        channel_axis=2,
        full=True,
    )
    expected = whole[20:45, 30:80].mean()
    mask = tensor(hole.astype(np.uint8))
    pair = tensor(gt), tensor(pred)
    value = HoleScore('SSIM', 'rgb').process_image(*pair, mask)
    assert value == pytest.approx(expected, abs=1e-6)
    assert abs(value - ProtocolSSIM('rgb').process_image(*pair)) > 1e-3


@pytest.mark.parametrize('protocol', ['bt601', 'rgb', 'paper', 'y-plane'])
def test_a_hole_everywhere_is_the_whole_image(protocol):
    gt = photo('rocket_128.png')
    pair = tensor(gt), tensor(blurred(gt))
    mask = torch.full((1, 128, 128), 255, dtype=torch.uint8)
    for score, whole in (('PSNR', ProtocolPSNR), ('SSIM', ProtocolSSIM)):
        value = HoleScore(score, protocol, 4).process_image(*pair, mask)
        expected = whole(protocol, 4).process_image(*pair)
        assert value == pytest.approx(expected, abs=1e-4)


def test_images_without_a_hole_are_left_out():
    gt = photo('rocket_128.png')
    metric = HoleScore('PSNR', prefix='Set')
    hole = torch.zeros(1, 128, 128)
    for mask in (hole, hole + 1):
        sample = {'gt_img': tensor(gt), 'pred_img': tensor(blurred(gt))}
        metric.process(None, [sample | {'mask': mask}])
    with captured_log() as lines:
        found = metric.evaluate()
    assert math.isnan(metric.values[0])
    assert found == {'Set/Hole-PSNR': metric.values[1]}
    assert 'mean of 1 of 2 images' in lines[0] and 'no hole' in lines[0]


def test_refusals():
    with pytest.raises(ConfigError, match="'PSNR', 'L1' or 'SSIM', got 'L2'"):
        HoleScore('L2')
    sample = {'gt_img': torch.zeros(3, 16, 16)}
    sample['pred_img'] = sample['gt_img']
    with pytest.raises(InputError, match=r"Hole-L1 needs 'mask'"):
        HoleScore('L1').process(None, [sample])
    sample['mask'] = torch.zeros(1, 8, 16)
    with pytest.raises(InputError, match='of 16x16 and mask of 16x8 pixels'):
        HoleScore('L1').process(None, [sample])
