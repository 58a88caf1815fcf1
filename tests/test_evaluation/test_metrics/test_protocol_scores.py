"""PSNR and SSIM by protocol, beside scikit-image, MMagic and pyiqa."""

import adacode_mm  # noqa: F401 isort: skip  (before MMagic)
import math

import cv2
import numpy as np
import pytest
import torch
from compared_images import blurred, photo, scores, tensor
from mmagic.evaluation.metrics import PSNR, SSIM
from skimage.color import rgb2ycbcr
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from adacode_mm.core.exceptions import ConfigError
from adacode_mm.evaluation.metrics.protocol_scores import (
    ProtocolPSNR,
    ProtocolSSIM,
)
from adacode_mm.evaluation.protocols import PROTOCOLS

NAMES = ['astronaut_256.png', 'coffee_odd_131x97.png', 'rocket_128.png']
GRAY = 'camera_gray_128.png'


def by_skimage(gt, pred, color):
    """PSNR and SSIM of two BGR images or planes, and nothing of ours."""
    gt, pred = (x[..., ::-1] for x in (gt, pred))
    if color in ('Y', 'Y-plane'):
        gt, pred = (rgb2ycbcr(x)[..., 0] for x in (gt, pred))
    if color == 'YIQ':
        luma = np.array([0.299, 0.587, 0.114])
        gt, pred = (x @ luma for x in (gt, pred))
    if color == 'Y-plane':
        gt, pred = gt.round(), pred.round()
    gt, pred = (x.astype(float) for x in (gt, pred))
    psnr = peak_signal_noise_ratio(gt, pred, data_range=255)
    if color == 'YIQ':
        psnr = -10 * math.log10(((gt - pred) ** 2).mean() / 255**2 + 1e-8)
        gt, pred = gt.round(), pred.round()
    ssim = structural_similarity(
        gt,
        pred,
        data_range=255,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        channel_axis=2 if gt.ndim == 3 else None,
    )
    return psnr, ssim


def ours(gt, pred, protocol, scale=1):
    gt, pred = (
        x if isinstance(x, torch.Tensor) else tensor(x) for x in (gt, pred)
    )
    return tuple(
        metric(protocol, scale).process_image(gt, pred)
        for metric in (ProtocolPSNR, ProtocolSSIM)
    )


@pytest.mark.parametrize('protocol', list(PROTOCOLS))
@pytest.mark.parametrize('scale', [1, 2, 4])
def test_equals_scikit_image(protocol, scale):
    border = {1: 0, 2: 2, 4: 4}[scale] if protocol != 'paper' else 4
    for name in NAMES:
        gt = photo(name)
        pred = blurred(gt)
        inner = slice(border, -border or None)
        expected = by_skimage(
            gt[inner, inner], pred[inner, inner], PROTOCOLS[protocol].color
        )
        found = ours(gt, pred, protocol, scale)
        assert all(type(value) is float for value in found)
        assert found[0] == pytest.approx(expected[0], abs=1e-4)
        assert found[1] == pytest.approx(expected[1], abs=1e-5)


def test_protocols_differ_as_the_ranges_of_their_luma():
    gt = photo(NAMES[0])
    pred = blurred(gt)
    by = {name: ours(gt, pred, name, 4)[0] for name in PROTOCOLS}
    studio = 20 * math.log10(255 / 219)
    assert by['bt601'] - by['paper'] == pytest.approx(studio, abs=2e-3)
    assert 0.001 < abs(by['bt601'] - by['y-plane']) < 0.1
    assert by['rgb'] < by['paper'] - 0.2


@pytest.mark.parametrize(
    ('protocol', 'convert'), [('rgb', None), ('bt601', 'Y')]
)
def test_equals_mmagic(protocol, convert):
    gt, pred = (tensor(f(photo(NAMES[1]))) for f in (np.asarray, blurred))
    found = ours(gt, pred, protocol, 4)
    expected = [
        metric(crop_border=4, convert_to=convert).process_image(gt, pred, None)
        for metric in (PSNR, SSIM)
    ]
    assert found == pytest.approx(expected, abs=1e-6)


def test_paper_equals_pyiqa():
    pytest.importorskip('pyiqa', reason='pyiqa is an extra')
    from pyiqa.archs import psnr_arch, ssim_arch

    options = {'test_y_channel': True, 'crop_border': 4}
    for name in NAMES:
        gt = photo(name)
        # Inverted parts: there the structure term is negative, and clamped.
        pred = blurred(gt)
        pred[20:60, 20:60] = 255 - pred[20:60, 20:60]
        rgb = [tensor(x).flip(0)[None] / 255 for x in (pred, gt)]
        found = ours(gt, pred, 'paper', 2)
        theirs = psnr_arch.PSNR(**options)(*rgb).item()
        assert found[0] == pytest.approx(theirs, abs=1e-4)
        theirs = ssim_arch.SSIM(**options)(*rgb).item()
        assert found[1] == pytest.approx(theirs, abs=2e-5)
        plain = by_skimage(gt[4:-4, 4:-4], pred[4:-4, 4:-4], 'YIQ')[1]
        assert found[1] > plain + 1e-3


def test_equal_images():
    image = photo(NAMES[1])
    assert ours(image, image, 'rgb') == (math.inf, 1)
    psnr, ssim = ours(image, image, 'paper')
    assert psnr == pytest.approx(80) and ssim == 1


@pytest.mark.parametrize('protocol', ['bt601', 'y-plane', 'paper'])
def test_gray_stays_gray(protocol):
    gray = photo(GRAY, gray=True)
    pred = blurred(gray)
    border = 4
    inner = slice(border, -border)
    expected = peak_signal_noise_ratio(
        gray[inner, inner], pred[inner, inner], data_range=255
    )
    as_color = [cv2.cvtColor(x, cv2.COLOR_GRAY2BGR) for x in (gray, pred)]
    for pair in ((gray, pred), as_color, (gray, as_color[1])):
        # and not 1.32 dB more, as of colours
        assert ours(*pair, protocol, 4)[0] == pytest.approx(expected, abs=1e-3)
    assert ours(gray, as_color[1], 'rgb', 4)[0] == pytest.approx(expected)


def test_a_coloured_result_of_a_gray_image_is_compared_by_its_luma():
    gray = photo(GRAY, gray=True)
    pred = cv2.cvtColor(gray, cv2.COLOR_GRAY2BGR)
    pred[..., 2] = np.minimum(pred[..., 2], 245) + 10
    error = 0.299 * (pred[..., 2].astype(float) - gray)
    expected = -10 * math.log10((error**2).mean() / 255**2)
    for protocol in ('bt601', 'paper'):
        border = 4 if protocol == 'paper' else 0
        found = ours(gray, pred, protocol)[0]
        if border:
            inner = error[border:-border, border:-border]
            expected = -10 * math.log10((inner**2).mean() / 255**2 + 1e-8)
        assert found == pytest.approx(expected, abs=1e-3)


def test_channels_are_blue_green_red():
    gt = photo('coffee_cup_128.png')
    pred = gt.copy()
    pred[..., 2] = np.clip(pred[..., 2] + 12.0, 0, 255)  # red
    error = pred[..., 2] - gt[..., 2].astype(float)
    weight = 65.481 / 255
    expected = -10 * math.log10(((weight * error) ** 2).mean() / 255**2)
    assert ours(gt, pred, 'bt601')[0] == pytest.approx(expected, abs=1e-3)
    swapped = ours(gt[..., ::-1], pred[..., ::-1], 'bt601')[0]
    assert swapped > expected + 8  # blue counts a quarter


def test_predictions_count_as_they_would_be_saved():
    gt = photo(NAMES[2])
    pred = blurred(gt)
    wobble = np.random.default_rng(1).uniform(-0.49, 0.49, pred.shape)
    floats = pred + wobble
    floats[pred == 255] += 40  # clipped again
    for protocol in PROTOCOLS:
        expected = ours(gt, pred, protocol)
        for kind in (np.float32, np.float64):
            as_float = tensor(gt.astype(kind)), tensor(floats.astype(kind))
            assert ours(*as_float, protocol) == expected


def test_mean_and_values_of_a_set():
    pairs = [(photo(name), blurred(photo(name))) for name in NAMES]
    metric = ProtocolPSNR('bt601', 4, prefix='Set')
    expected = [ours(*pair, 'bt601', 4)[0] for pair in pairs]
    for number in (2, 3):  # nothing is left from the first time
        found = scores(metric, pairs[:number])
        mean = np.mean(expected[:number])
        assert found == {'Set/PSNR': pytest.approx(mean)}
        assert metric.values == expected[:number]


def test_a_small_image_has_no_ssim():
    gt = photo(NAMES[0])[:18, :40]
    psnr, ssim = ours(gt, blurred(gt), 'paper')
    assert 15 < psnr < 40 and math.isnan(ssim)
    assert ours(gt[:17], gt[:17], 'bt601', 4)[0] == math.inf
    assert all(math.isnan(x) for x in ours(gt[:8], gt[:8], 'bt601', 4))


def test_unknown_protocols_are_refused():
    with pytest.raises(ConfigError, match=r"'bt601'.*got 'ycbcr'"):
        ProtocolSSIM('ycbcr')
