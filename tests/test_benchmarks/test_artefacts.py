"""Artefacts that are put in are found."""

import cv2
import numpy as np
import pytest
from PIL import Image
from shrunk_configs import PHOTOS

import adacode_mm  # noqa: F401  # isort: skip  # adapts MMagic: comes first
from benchmarks.artefacts import border, colour, grid, moire
from benchmarks.tables.inputs import Sample, bicubic


def enlarge(image):
    return bicubic(
        np.ascontiguousarray(image), *(4 * x for x in image.shape[:2])
    )


@pytest.fixture(scope='module')
def samples():
    truth = np.asarray(Image.open(PHOTOS / 'astronaut_256.png'))
    truth = np.tile(truth, (2, 2, 1))[:400, :400]
    return [Sample('x', 'x', truth, bicubic(truth, 100, 100))]


def test_slow_waves(samples):
    def wavy(image):
        large = enlarge(image).astype(float)
        wave = 4 * np.sin(np.arange(large.shape[1]) / 20)
        return (large + wave[:, None]).clip(0, 255).astype(np.uint8)

    assert moire(enlarge, 4) < 0.2
    assert moire(wavy, 4) > 2


def test_what_the_border_loses(samples):
    def dark_at_the_border(image):
        large = enlarge(image).astype(float)
        for edge in (large[:8], large[-8:], large[:, :8], large[:, -8:]):
            edge *= 0.8
        return large.astype(np.uint8)

    found = [border(f, 4, samples) for f in (enlarge, dark_at_the_border)]
    assert found[1] > found[0] + 3


def test_blocks_of_jpeg():
    def smooth(image):
        return cv2.GaussianBlur(enlarge(image), (0, 0), 16)

    assert grid(enlarge, 4) > 5
    assert grid(smooth, 4) == pytest.approx(1, abs=0.3)


def test_shifts_of_colour(samples):
    def redder(image):
        return enlarge(image) + np.uint8([3, 0, 0]) * (enlarge(image) < 250)

    assert colour(enlarge, samples) < 0.3
    assert 2 < colour(redder, samples) < 3.3
