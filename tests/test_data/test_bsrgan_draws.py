"""What the BSRGAN degradation draws: distributions over many seeds."""

from collections import Counter, defaultdict

import cv2
import numpy as np
import pytest
from scipy.stats import chisquare, kstest

import adacode_mm  # noqa: F401
from adacode_mm.data.transforms.degradations.blur import (
    AnisotropicGaussianBlur,
    GaussianBlur,
)
from adacode_mm.data.transforms.degradations.bsrgan import (
    SHUFFLED,
    draw_bsrgan,
    draw_order,
)
from adacode_mm.data.transforms.degradations.jpeg import JPEGCompression
from adacode_mm.data.transforms.degradations.noise import (
    COLOR,
    CORRELATED,
    GRAY,
    GaussianNoise,
)
from adacode_mm.data.transforms.degradations.resizing import (
    BicubicHalving,
    BlurredSubsampling,
    Rescale,
    Resize,
)
from adacode_mm.data.transforms.degradations.settings import BSRGANSettings

NUM = 6000
# Of the seeds below every test passes; a wrong number in the code moves a
# test's p-value to 0, or a count by many standard deviations.
SMALLEST_P = 1e-3
INTERPOLATIONS = {cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_AREA}


@pytest.fixture(scope='module', params=[2, 4], ids='x{}'.format)
def scale(request):
    return request.param


@pytest.fixture(scope='module')
def chains(scale):
    """Drawn steps: (scale after halving, halving or None, the others)."""
    chains = []
    for seed in range(NUM):
        steps = draw_bsrgan((96, 128), scale, np.random.default_rng(seed))
        halved = isinstance(steps[0], BicubicHalving) or (
            scale == 4
            and isinstance(steps[0], Rescale)
            # `Rescale` by chance comes first as a shuffled step, too.
            and sum(is_first_downsampling(step) for step in steps) == 2
        )
        if halved:
            chains.append((2, steps[0], steps[1:]))
        else:
            chains.append((scale, None, steps))
    return chains


def is_first_downsampling(step):
    return isinstance(step, Rescale | BlurredSubsampling)


def steps_of(chains, *types):
    """(scale, step) of all steps of some types."""
    for scale, _, steps in chains:
        for step in steps:
            if isinstance(step, types):
                yield scale, step


def assert_share(count, total, prob):
    """A count is binomial: within four standard deviations."""
    sigma = (total * prob * (1 - prob)) ** 0.5
    assert abs(count - total * prob) < 4 * sigma + 1e-9, count / total


def assert_uniform(values, low, high):
    values = np.asarray(values)
    assert values.min() >= low and values.max() <= high
    assert kstest(values, 'uniform', (low, high - low)).pvalue > SMALLEST_P


def assert_even(values, choices):
    """All choices, and nothing else, equally often."""
    counts = Counter(values)
    assert set(counts) == set(choices)
    assert chisquare(list(counts.values())).pvalue > SMALLEST_P


def test_every_chain_has_its_steps(chains):
    for _, _, steps in chains:
        kinds = Counter()
        for step in steps:
            kinds['blur'] += isinstance(
                step, GaussianBlur | AnisotropicGaussianBlur
            )
            kinds['first'] += is_first_downsampling(step)
            kinds['second'] += isinstance(step, Resize)
            kinds['noise'] += isinstance(step, GaussianNoise)
            kinds['jpeg'] += isinstance(step, JPEGCompression)
        assert kinds.pop('jpeg') in (1, 2)
        assert kinds == {'blur': 2, 'first': 1, 'second': 1, 'noise': 1}
        assert isinstance(steps[-1], JPEGCompression)


def test_halving_comes_first_and_at_x4_only(chains, scale):
    halvings = [halving for _, halving, _ in chains if halving is not None]
    if scale == 2:
        assert not halvings
        return
    assert_share(len(halvings), NUM, 0.25)
    cubic = sum(isinstance(step, BicubicHalving) for step in halvings)
    assert_share(cubic, len(halvings), 0.5)
    others = [step for step in halvings if isinstance(step, Rescale)]
    assert {step.factor for step in others} == {0.5}
    assert_even([step.interpolation for step in others], INTERPOLATIONS)


def test_order_of_the_shuffled_steps():
    position = defaultdict(Counter)
    before = Counter()
    for seed in range(NUM):
        order = draw_order(np.random.default_rng(seed))
        assert sorted(order) == sorted(SHUFFLED)
        for n, name in enumerate(order):
            position[name][n] += 1
        first = order.index('first_downsampling')
        assert first < order.index('second_downsampling')
        before['jpeg'] += order.index('noise') < order.index('jpeg')
        before['first'] += order.index('noise') < first
    for name in ('noise', 'jpeg', 'camera_noise'):
        assert_even(position[name].elements(), range(7))
    assert_even(position['blur'].elements(), range(7))
    # Swapped into order, the two downsamplings are the lower and the higher
    # of two places drawn from seven.
    for n in range(7):
        pairs = NUM / 21
        for name, expected in (
            ('first_downsampling', (6 - n) * pairs),
            ('second_downsampling', n * pairs),
        ):
            found = position[name][n]
            assert_share(found, NUM, expected / NUM)
    assert_share(before['jpeg'], NUM, 1 / 2)
    assert_share(before['first'], NUM, 1 / 3)


def test_blurs(chains):
    blurs = list(steps_of(chains, GaussianBlur, AnisotropicGaussianBlur))
    assert len(blurs) == 2 * NUM
    round_ones = [(s, b) for s, b in blurs if isinstance(b, GaussianBlur)]
    assert_share(len(round_ones), len(blurs), 0.5)
    assert_even([blur.size for _, blur in blurs], range(7, 26, 2))
    for scale in {scale for scale, _ in blurs}:
        sigma = [blur.sigma for s, blur in round_ones if s == scale]
        assert_uniform(sigma, 0, 2 + 0.2 * scale)
        ellipses = [
            blur
            for s, blur in blurs
            if s == scale and isinstance(blur, AnisotropicGaussianBlur)
        ]
        for n in (0, 1):
            eigenvalues = [blur.eigenvalues[n] for blur in ellipses]
            assert_uniform(eigenvalues, 0, 4 + scale)
        assert_uniform([blur.angle for blur in ellipses], 0, np.pi)


def test_first_downsampling(chains):
    rescales = list(steps_of(chains, Rescale))
    assert_share(len(rescales), NUM, 0.75)
    assert_even([step.interpolation for _, step in rescales], INTERPOLATIONS)
    others = list(steps_of(chains, BlurredSubsampling))
    assert len(rescales) + len(others) == NUM
    assert {step.size for _, step in others} == {25}
    assert all(step.scale == scale for scale, step in others)
    for scale in {scale for scale, _ in rescales}:
        factors = [1 / step.factor for s, step in rescales if s == scale]
        assert_uniform(factors, 1, 2 * scale)
        sigma = [step.sigma for s, step in others if s == scale]
        assert_uniform(sigma, 0.1, 0.6 * scale)


def test_second_downsampling_is_to_the_final_size(chains, scale):
    resizes = [step for _, step in steps_of(chains, Resize)]
    assert {step.size for step in resizes} == {(128 // scale, 96 // scale)}
    assert_even([step.interpolation for step in resizes], INTERPOLATIONS)


def test_noise(chains):
    noises = [step for _, step in steps_of(chains, GaussianNoise)]
    kinds = Counter(step.kind for step in noises)
    assert_share(kinds[COLOR], NUM, 0.4)
    assert_share(kinds[GRAY], NUM, 0.4)
    assert_share(kinds[CORRELATED], NUM, 0.2)
    for kind in (COLOR, GRAY):
        levels = [
            255 * step.covariance[0, 0] ** 0.5
            for step in noises
            if step.kind == kind
        ]
        np.testing.assert_allclose(levels, np.round(levels), atol=1e-9)
        assert_even(np.round(levels).astype(int).tolist(), range(2, 26))
    correlated = [
        step.covariance * (255 / 25) ** 2
        for step in noises
        if step.kind == CORRELATED
    ]
    # U keeps the trace of D: three uniform random numbers.
    traces = [np.trace(covariance) for covariance in correlated]
    assert np.mean(traces) == pytest.approx(1.5, abs=0.06)
    assert np.var(traces) == pytest.approx(3 / 12, rel=0.12)
    assert max(traces) < 3
    assert min(covariance.min() for covariance in correlated) >= 0


def test_jpeg(chains):
    counts = Counter(
        sum(isinstance(step, JPEGCompression) for step in steps)
        for _, _, steps in chains
    )
    assert_share(counts[2], NUM, 0.9)
    for pick in (slice(-1, None), slice(None, -1)):
        picked = [(s, h, steps[pick]) for s, h, steps in chains]
        quality = [
            step.quality for _, step in steps_of(picked, JPEGCompression)
        ]
        assert_even(quality, range(30, 96))


def test_settings_change_what_is_drawn():
    settings = BSRGANSettings(
        halving_prob=1.0,
        cubic_halving_prob=1.0,
        anisotropic_prob=0.0,
        max_sigma=(0.5, 0.0),
        resize_prob=0.0,
        noise_level=(3, 3),
        color_noise_prob=1.0,
        gray_noise_prob=0.0,
        jpeg_prob=0.0,
        jpeg_quality=(77, 77),
    )
    for seed in range(50):
        rng = np.random.default_rng(seed)
        steps = draw_bsrgan((32, 32), 4, rng, settings)
        assert isinstance(steps[0], BicubicHalving)
        assert steps[-1] == JPEGCompression(77)
        assert len(steps) == 7
        assert {
            step.scale
            for _, step in steps_of([(2, None, steps)], BlurredSubsampling)
        } == {2}
        for _, blur in steps_of([(2, None, steps)], GaussianBlur):
            assert blur.sigma <= 0.5
