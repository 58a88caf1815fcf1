"""The "plus" variant of the BSRGAN degradation."""

from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

import adacode_mm  # noqa: F401
from adacode_mm.core.exceptions import ConfigError
from adacode_mm.data.transforms.bsrgan_degradation import BSRGANPlus
from adacode_mm.data.transforms.degradations.bsrgan_plus import (
    FIXED,
    degrade_bsrgan_plus,
    draw_bsrgan_plus,
    draw_plus_order,
    unsharp_masked,
)
from adacode_mm.data.transforms.degradations.jpeg import JPEGCompression
from adacode_mm.data.transforms.degradations.noise import (
    GaussianNoise,
    PoissonNoise,
    SpeckleNoise,
)
from adacode_mm.data.transforms.degradations.resizing import Rescale, Resize
from adacode_mm.data.transforms.degradations.settings import BSRGANPlusSettings

PHOTOS = Path(__file__).parents[1] / 'data' / 'photos'
NUM = 4000


def pixels():
    picture = Image.open(PHOTOS / 'coffee_odd_131x97.png').convert('RGB')
    return np.asarray(picture)


def assert_share(count, total, prob):
    """A count is binomial: within four standard deviations."""
    sigma = (total * prob * (1 - prob)) ** 0.5
    assert abs(count - total * prob) < 4 * sigma, count / total


@pytest.fixture(scope='module')
def chains():
    return [
        draw_bsrgan_plus((96, 128), 4, np.random.default_rng(seed))
        for seed in range(NUM)
    ]


def test_half_of_the_orders_keep_their_two_rounds():
    fixed_blurs = [n for n, name in enumerate(FIXED) if name == 'blur']
    kept = 0
    places = Counter()
    for seed in range(NUM):
        rng = np.random.default_rng(seed)
        order = draw_plus_order(rng, BSRGANPlusSettings())
        assert sorted(order) == sorted(FIXED)
        in_rounds = all(
            sorted(order[part]) == sorted(FIXED[part])
            for part in (slice(2, 6), slice(9, 13))
        )
        blurs = [n for n, name in enumerate(order) if name == 'blur']
        rescales = [n for n, name in enumerate(order) if name == 'rescale']
        kept += (
            in_rounds
            and blurs == fixed_blurs
            and rescales == [1, 8]
            and order[6] == 'jpeg'
        )
        places[order[2]] += 1
    assert_share(kept, NUM, 0.5)
    assert set(places) == set(FIXED)
    # Of the fixed half a quarter each, of the shuffled half 2 in 13.
    assert_share(places['noise'], NUM, 0.5 / 4 + 0.5 * 2 / 13)


def test_steps_and_their_shares(chains):
    counts = Counter(type(step) for steps in chains for step in steps)
    assert counts[GaussianNoise] == counts[Rescale] == 2 * NUM
    assert counts[JPEGCompression] == 2 * NUM
    assert counts[Resize] == NUM
    assert_share(counts[PoissonNoise], 2 * NUM, 0.1)
    assert_share(counts[SpeckleNoise], 2 * NUM, 0.1)
    for steps in chains:
        assert isinstance(steps[-1], JPEGCompression)
        assert isinstance(steps[-2], Resize) and steps[-2].size == (32, 24)


def test_resizes_shrink_more_often_than_they_enlarge(chains):
    factors = np.array(
        [s.factor for steps in chains for s in steps if isinstance(s, Rescale)]
    )
    assert_share((factors < 1).sum(), len(factors), 0.7)
    assert_share((factors > 1).sum(), len(factors), 0.2)
    assert 1 / 8 <= factors.min() < 0.13 and 1.99 < factors.max() <= 2
    assert factors[factors < 1].mean() == pytest.approx(9 / 16, abs=0.015)


def test_photons(chains):
    noises = [
        s for steps in chains for s in steps if isinstance(s, PoissonNoise)
    ]
    assert_share(sum(noise.gray for noise in noises), len(noises), 0.5)
    exponents = np.log10([noise.peak for noise in noises])
    assert exponents.min() >= 2 and exponents.max() <= 4
    assert exponents.mean() == pytest.approx(3, abs=0.1)


@pytest.mark.parametrize('scale', [2, 4])
def test_type_size_range_and_seed(scale):
    photo = pixels().astype(np.float32) / 255
    height, width = (n // scale for n in photo.shape[:2])
    for seed in range(30):
        runs = [
            degrade_bsrgan_plus(photo, scale, np.random.default_rng(seed))
            for _ in range(2)
        ]
        np.testing.assert_array_equal(*runs)
        assert runs[0].shape == (height, width, 3)
        assert runs[0].dtype == np.float32
        assert runs[0].min() >= 0 and runs[0].max() <= 1


def test_unsharp_masking_raises_contrast_at_edges_only():
    image = np.full((128, 128, 3), 0.3, np.float32)
    image[:, 64:] = 0.6
    sharp = unsharp_masked(image)
    assert sharp.dtype == np.float32
    assert sharp[64, 63, 0] < 0.25 and sharp[64, 64, 0] > 0.65
    np.testing.assert_allclose(sharp[:, :16], 0.3, atol=1e-3)
    noise = np.random.default_rng(0).normal(0.5, 0.004, (64, 64, 3))
    flat = noise.astype(np.float32)  # below the threshold
    np.testing.assert_allclose(unsharp_masked(flat), flat, atol=1e-4)


@pytest.mark.parametrize('order', ['rgb', 'bgr'])
def test_the_transform_sharpens_the_ground_truth(order):
    gt = pixels() if order == 'rgb' else pixels()[..., ::-1]
    results = {'gt': gt, 'gt_channel_order': order, 'sample_idx': 2}
    plain = BSRGANPlus(4, sharpen_gt=False, seed=1).transform(results.copy())
    np.testing.assert_array_equal(plain['gt'], gt[:96, :128])
    unit = pixels().astype(np.float32) / 255
    expected = degrade_bsrgan_plus(unit, 4, np.random.default_rng(3))
    expected = np.rint(expected * 255)
    step = 1 if order == 'rgb' else -1
    np.testing.assert_array_equal(plain['img'], expected[..., ::step])

    sharp = BSRGANPlus(4, seed=1).transform(results.copy())
    assert sharp['gt'].dtype == np.uint8
    assert sharp['gt'].shape == plain['gt'].shape
    detail = [
        cv2.Laplacian(out['gt'], cv2.CV_32F).std() for out in (plain, sharp)
    ]
    assert detail[1] > 1.2 * detail[0]
    colours = [out['gt'].mean((0, 1)) for out in (plain, sharp)]
    np.testing.assert_allclose(*colours, atol=3)
    again = BSRGANPlus(4, seed=1).transform(results.copy())
    np.testing.assert_array_equal(again['img'], sharp['img'])
    assert (sharp['img'] != plain['img']).any()


def test_settings_and_repr():
    transform = BSRGANPlus(2, settings={'poisson_prob': 1.0}, sharpen_gt=False)
    assert transform.settings.poisson_prob == 1.0
    assert eval(repr(transform)).__dict__ == transform.__dict__
    with pytest.raises(ConfigError, match="BSRGANPlus has no setting 'x'"):
        BSRGANPlus(2, settings={'x': 1})
