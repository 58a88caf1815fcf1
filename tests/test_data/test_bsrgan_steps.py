"""Each step of the BSRGAN degradation, on pixels."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from plain_steps import apply_plainly

import adacode_mm  # noqa: F401
from adacode_mm.data.transforms.degradations.blur import (
    AnisotropicGaussianBlur,
    GaussianBlur,
)
from adacode_mm.data.transforms.degradations.jpeg import JPEGCompression
from adacode_mm.data.transforms.degradations.kernels import (
    anisotropic_gaussian,
    gaussian_taps,
    shifted_gaussian_taps,
)
from adacode_mm.data.transforms.degradations.noise import (
    COLOR,
    CORRELATED,
    GRAY,
    GaussianNoise,
    PoissonNoise,
    SpeckleNoise,
    draw_color_factor,
)
from adacode_mm.data.transforms.degradations.resizing import (
    INTERPOLATIONS,
    BicubicHalving,
    BlurredSubsampling,
    Rescale,
    Resize,
)

PHOTOS = Path(__file__).parents[1] / 'data' / 'photos'

BLURS = [
    GaussianBlur(7, 0.4),
    GaussianBlur(25, 2.8),
    AnisotropicGaussianBlur(7, 0.3, (8.0, 0.5)),
    AnisotropicGaussianBlur(25, 2.0, (0.2, 7.5)),
    AnisotropicGaussianBlur(11, 1.0, (1e-7, 3.0)),
]
DOWNSAMPLINGS = [
    BicubicHalving(),
    BlurredSubsampling(2, 0.6, 25),
    BlurredSubsampling(4, 2.3, 25),
    BlurredSubsampling(4, 0.1, 25),
    *[Rescale(1 / 3.3, n) for n in INTERPOLATIONS],
    *[Resize((64, 64), n) for n in INTERPOLATIONS],
]


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def photo():
    picture = Image.open(PHOTOS / 'astronaut_256.png').convert('RGB')
    return np.asarray(picture).astype(np.float32) / 255


@pytest.mark.parametrize('size', [7, 15, 25])
def test_kernels_have_their_standard_deviations(size):
    taps = gaussian_taps(size, size / 9)
    x = np.arange(size) - size // 2
    assert taps.sum() == pytest.approx(1)
    assert (taps @ x**2) ** 0.5 == pytest.approx(size / 9, rel=0.01)
    kernel = anisotropic_gaussian(25, 0.5, (6.0, 1.5))
    y, x = np.mgrid[-12:13, -12:13]
    moments = [(kernel * a * b).sum() for a, b in ((x, x), (x, y), (y, y))]
    axes = np.array([[np.cos(0.5), -np.sin(0.5)], [np.sin(0.5), np.cos(0.5)]])
    expected = axes @ np.diag([6.0, 1.5]) @ axes.T
    np.testing.assert_allclose(
        moments, [expected[0, 0], expected[0, 1], expected[1, 1]], rtol=1e-3
    )


def test_the_narrowest_kernels_do_nothing(photo, rng):
    for blur in (
        GaussianBlur(7, 0.0),
        AnisotropicGaussianBlur(7, 1.0, (0.0, 0.0)),
    ):
        np.testing.assert_allclose(blur(photo, rng), photo, atol=1e-6)


@pytest.mark.parametrize('scale', [2, 4])
def test_the_shifted_kernel_points_to_the_middle_of_a_block(scale):
    taps = shifted_gaussian_taps(25, 0.4 * scale, scale)
    middle = taps @ np.arange(25)
    assert middle == pytest.approx(12 - (scale - 1) / 2)
    assert taps.sum() == pytest.approx(1)


@pytest.mark.parametrize('step', [*BLURS[:4], *DOWNSAMPLINGS[:4]], ids=str)
def test_the_fast_way_gives_the_values_of_the_plain_one(step, photo, rng):
    # Small, so that a kernel reaches beyond both of the mirrored borders.
    for image in (photo[60:80, 90:106], photo[:8, :10]):
        fast = step(image, rng)
        plain = apply_plainly(step, image, rng)
        assert fast.dtype == plain.dtype == np.float32
        np.testing.assert_allclose(fast, plain, atol=2e-6)


def test_blur_mirrors_the_border_without_repeating_it(rng):
    image = np.zeros((1, 9, 3), np.float32)
    image[0, 1] = 1
    blurred = GaussianBlur(7, 1.0)(image, rng)
    taps = gaussian_taps(7, 1.0)
    # Pixel -1 is pixel 1: seen from pixel 0 it stands on both sides.
    assert blurred[0, 0, 0] == pytest.approx(2 * taps[2])
    assert blurred[0, 2, 0] == pytest.approx(taps[2] + taps[0])


def test_halving_is_matlabs(photo, rng):
    """Away from the border, which Pillow treats in another way."""
    for channel in range(3):
        plane = Image.fromarray(photo[..., channel])
        pillow = np.asarray(plane.resize((128, 128), Image.Resampling.BICUBIC))
        ours = BicubicHalving()(photo, rng)[..., channel]
        np.testing.assert_allclose(
            ours[2:-2, 2:-2], pillow.clip(0, 1)[2:-2, 2:-2], atol=1e-6
        )


def test_sizes_are_rounded_down(rng):
    image = np.zeros((30, 41, 3), np.float32)
    for step, size in (
        (BicubicHalving(), (15, 21)),
        (BlurredSubsampling(4, 1.0, 25), (8, 11)),
        (Rescale(1 / 3.9, cv2.INTER_AREA), (7, 10)),
        (Rescale(1 / 50, cv2.INTER_LINEAR), (1, 1)),
        (Resize((9, 5), cv2.INTER_CUBIC), (5, 9)),
    ):
        assert step(image, rng).shape == (*size, 3), step


@pytest.mark.parametrize('step', DOWNSAMPLINGS, ids=str)
def test_downsampling_shifts_nothing(step, rng):
    """A ramp keeps its value at the middle of each pixel, in x and in y."""
    ramp = np.zeros((256, 256, 3), np.float32)
    ramp[..., 0] = np.arange(256) / 256
    ramp[..., 1] = np.arange(256)[:, None] / 256
    small = step(ramp, rng) * 256
    middles = (np.arange(len(small)) + 0.5) * 256 / len(small) - 0.5
    inner = slice(len(small) // 4, -len(small) // 4)
    # INTER_AREA and INTER_CUBIC are exact at whole factors only.
    slack = 1e-3 if len(small) in (64, 128) else 0.06
    across = small[inner, inner, 0] - middles[inner]
    down = small[inner, inner, 1] - middles[inner, None]
    assert np.abs(across).max() < slack * 256 / len(small)
    assert np.abs(down).max() < slack * 256 / len(small)
    assert abs(across.mean()) < 2e-3


@pytest.mark.parametrize('step', DOWNSAMPLINGS, ids=str)
def test_downsampling_stays_in_range(step, rng):
    checks = np.indices((64, 64)).sum(0) // 3 % 2
    image = np.repeat(checks[..., None].astype(np.float32), 3, axis=2)
    small = step(image, rng)
    assert small.min() >= 0 and small.max() <= 1


GRAY_IMAGE = np.full((256, 256, 3), 0.5, np.float32)


@pytest.mark.parametrize(
    ('kind', 'factor'),
    [
        (COLOR, 0.05 * np.eye(3)),
        (GRAY, np.array([[0.05]])),
        (CORRELATED, 0.05 * draw_color_factor(np.random.default_rng(3))),
    ],
    ids=[COLOR, GRAY, CORRELATED],
)
def test_noise_has_its_covariance(kind, factor, rng):
    noise = GaussianNoise(kind, factor)
    before = GRAY_IMAGE.copy()
    difference = (noise(GRAY_IMAGE, rng) - GRAY_IMAGE).reshape(-1, 3)
    np.testing.assert_array_equal(GRAY_IMAGE, before)
    assert difference.dtype == np.float32
    found = np.cov(difference.T)
    np.testing.assert_allclose(found, noise.covariance, atol=4e-5)
    np.testing.assert_allclose(difference.mean(0), 0, atol=1e-3)
    if kind == GRAY:
        assert np.ptp(difference, axis=1).max() < 1e-6


def test_noise_is_clipped(rng):
    for value in (0.0, 1.0):
        image = np.full((32, 32, 3), value, np.float32)
        for step in (
            GaussianNoise(COLOR, 0.1 * np.eye(3)),
            SpeckleNoise(GaussianNoise(COLOR, 0.1 * np.eye(3))),
            PoissonNoise(100.0, True),
            PoissonNoise(100.0, False),
        ):
            noisy = step(image, rng)
            assert noisy.dtype == np.float32
            assert noisy.min() >= 0 and noisy.max() <= 1, step


def test_colours_are_correlated_by_the_absolute_value_of_udu():
    for seed in range(200):
        factor = draw_color_factor(np.random.default_rng(seed))
        rng = np.random.default_rng(seed)
        diagonal = np.diag(rng.random(3))
        basis = np.linalg.svd(rng.random((3, 3)))[0]
        np.testing.assert_allclose(
            factor @ factor.T,
            np.abs(basis.T @ diagonal @ basis),
            atol=1e-12,
        )


@pytest.mark.parametrize('gray', [True, False])
def test_poisson_noise_grows_with_the_brightness(gray, rng):
    noise = PoissonNoise(400.0, gray)
    for value in (0.2, 0.6):
        image = np.full((128, 128, 3), value, np.float32)
        noisy = noise(image, rng)
        assert noisy.mean() == pytest.approx(value, abs=2e-3)
        assert noisy.var() == pytest.approx(value / 400, rel=0.05)
        same = np.ptp(noisy, axis=2).max() < 1e-6
        assert same == gray


def test_speckle_noise_grows_with_the_brightness(rng):
    noise = SpeckleNoise(GaussianNoise(COLOR, 0.1 * np.eye(3)))
    for value in (0.2, 0.6):
        image = np.full((128, 128, 3), value, np.float32)
        assert noise(image, rng).std() == pytest.approx(0.1 * value, rel=0.02)


def test_jpeg_is_that_of_a_file(photo, rng, tmp_path):
    path = str(tmp_path / 'photo.jpg')
    pixels = np.rint(photo * 255).astype(np.uint8)
    cv2.imwrite(path, pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 40])
    compressed = JPEGCompression(40)(photo, rng)
    assert compressed.dtype == np.float32
    expected = cv2.imread(path)[..., ::-1]
    np.testing.assert_array_equal(np.rint(compressed * 255), expected)
    np.testing.assert_allclose(compressed * 255, expected, atol=1e-4)


def test_jpeg_takes_images_of_any_range_and_size(rng):
    image = np.full((1, 5, 3), 1.5, np.float32)
    image[:, :2] = -0.5
    compressed = JPEGCompression(95)(image, rng)
    assert compressed.shape == (1, 5, 3)
    assert compressed[0, 0].max() < 0.05 and compressed[0, 4].min() > 0.95


def test_lower_quality_loses_more(photo, rng):
    errors = [
        np.abs(JPEGCompression(quality)(photo, rng) - photo).mean()
        for quality in (30, 60, 95)
    ]
    assert errors[0] > 1.2 * errors[1] > 2 * errors[2]


# In 1 / 255: mean, standard deviation, and mean absolute difference of
# neighbours (green; vertical, horizontal).
GOLDEN = [
    (GaussianBlur(25, 2.8), (136.758, 73.868, 2.577, 2.602)),
    (
        AnisotropicGaussianBlur(25, 2.0, (0.2, 7.5)),
        (136.756, 75.679, 4.119, 3.305),
    ),
    (BicubicHalving(), (136.781, 77.705, 9.761, 9.385)),
    (BlurredSubsampling(2, 0.6, 25), (136.769, 77.189, 8.895, 8.557)),
    (BlurredSubsampling(4, 2.3, 25), (136.762, 74.559, 10.909, 11.023)),
    (Rescale(0.3, cv2.INTER_LINEAR), (136.664, 77.851, 15.142, 14.714)),
    (Rescale(0.3, cv2.INTER_CUBIC), (136.681, 78.279, 16.143, 15.662)),
    (Rescale(0.3, cv2.INTER_AREA), (136.772, 76.716, 12.707, 12.402)),
    (JPEGCompression(30), (137.091, 77.840, 6.632, 6.415)),
    (JPEGCompression(95), (136.766, 78.173, 7.112, 6.876)),
    (
        GaussianNoise(COLOR, 0.05 * np.eye(3)),
        (137.181, 78.411, 16.737, 16.523),
    ),
    (
        GaussianNoise(GRAY, np.array([[0.05]])),
        (137.147, 78.455, 16.809, 16.589),
    ),
]


@pytest.mark.parametrize(('step', 'golden'), GOLDEN, ids=str)
def test_golden_statistics(step, golden, photo):
    result = step(photo, np.random.default_rng(7)).astype(np.float64) * 255
    green = result[..., 1]
    found = [result.mean(), result.std()]
    found += [np.abs(np.diff(green, axis=axis)).mean() for axis in (0, 1)]
    np.testing.assert_allclose(found, golden, rtol=1e-3)
