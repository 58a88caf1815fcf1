import collections

import cv2
import numpy as np
import pytest
from shrunk_configs import PHOTOS

from adacode_mm.core.exceptions import ConfigError
from adacode_mm.data.transforms.degradations.restoration_tasks import (
    TASKS,
    Haze,
    LowLight,
    MotionBlur,
    Rain,
    depth_like,
)
from adacode_mm.data.transforms.task_degradation import TaskDegradation


@pytest.fixture(scope='module')
def photo():
    image = cv2.imread(str(PHOTOS / 'astronaut_256.png'))[..., ::-1]
    return np.ascontiguousarray(image) / np.float32(255)


def degraded(task, photo, seed=0):
    rng = np.random.default_rng(seed)
    return TASKS[task](rng)(photo, rng)


@pytest.mark.parametrize('task', TASKS)
def test_each_task_is_seeded_damage_in_range(task, photo):
    before = photo.copy()
    found = degraded(task, photo)
    assert np.array_equal(photo, before)
    assert found.dtype == np.float32
    assert found.shape == photo.shape
    assert 0 <= found.min() <= found.max() <= 1
    assert np.array_equal(found, degraded(task, photo))
    other = degraded(task, photo, seed=1)
    assert not np.array_equal(found, other)
    for damage in (found, other):
        psnr = -10 * np.log10(np.square(damage - photo).mean())
        assert 5 < psnr < 32


def test_noise_has_a_deviation_of_15_to_50():
    gray = np.full((64, 64, 3), 0.5, np.float32)
    found = [degraded('noise', gray, n).std() * 255 for n in range(40)]
    assert 14.5 < min(found) < 20
    assert 44 < max(found) < 50.5


@pytest.mark.parametrize('angle', [0, 0.3, np.pi / 2, 2.5])
def test_motion_blur_is_a_line(angle):
    kernel = MotionBlur(11, angle).kernel()
    assert kernel.sum() == pytest.approx(1)
    np.testing.assert_allclose(kernel, kernel[::-1, ::-1], atol=1e-12)
    radius = len(kernel) // 2
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    along = np.cos(angle) * x + np.sin(angle) * y
    across = np.cos(angle) * y - np.sin(angle) * x
    # The variance of a line of length 11, and at most a pixel across it.
    assert (kernel * along**2).sum() == pytest.approx(11**2 / 12, rel=0.1)
    assert (kernel * across**2).sum() < 0.3


def test_rain_only_brightens(photo):
    rng, dark = np.random.default_rng(0), 0.3 * photo
    found = Rain(0.01, MotionBlur(15, 1.6), 0.6)(dark, rng)
    assert (found >= dark).all()
    brighter = (found - dark).max(2)
    assert brighter.max() == pytest.approx(0.6, abs=0.01)
    assert 0.02 < (brighter > 0.05).mean() < 0.5


def test_haze_is_scattered_light(photo):
    found = Haze(1.5, 0.9)(photo, np.random.default_rng(3))
    depth = depth_like(photo.shape[:2], np.random.default_rng(3))
    assert (depth.min(), depth.max()) == (0, 1)
    assert depth[:32].mean() > depth[-32:].mean()
    t = np.exp(-1.5 * depth)[..., None]
    np.testing.assert_allclose((found - 0.9 * (1 - t)) / t, photo, atol=1e-5)


def test_low_light_is_darker_and_noisier_where_it_is_bright():
    rng = np.random.default_rng(0)
    white = np.ones((64, 64, 3), np.float32)
    dark = LowLight(2, 0.4, 0.01, 4e-4)
    found = dark(white, rng)
    assert found.mean() == pytest.approx(0.4, abs=0.002)
    deviation = (0.01**2 + 4e-4 * 0.4) ** 0.5
    assert found.std() == pytest.approx(deviation, rel=0.05)
    found = dark(0.5 * white, rng)
    assert found.mean() == pytest.approx(0.1, abs=0.002)
    assert found.std() < 0.95 * deviation


def results(photo, index=0):
    gt = np.rint(photo * 255).astype(np.uint8)
    return {'gt': gt, 'gt_channel_order': 'rgb', 'sample_idx': index}


def test_shares_of_the_tasks(photo):
    small = photo[:16, :16]
    transform = TaskDegradation({'haze': 3, 'noise': 1, 'rain': 0}, seed=0)
    found = collections.Counter(
        transform(results(small, n))['task'] for n in range(200)
    )
    assert found.keys() == {'haze', 'noise'}
    assert 130 < found['haze'] < 170
    transform = TaskDegradation(seed=0)
    found = {transform(results(small, n))['task'] for n in range(80)}
    assert found == TASKS.keys()


def test_the_image_is_that_of_the_seed(photo):
    transform = TaskDegradation(seed=5)
    first = transform(results(photo, 2))
    again = transform(results(photo, 2))
    assert np.array_equal(first['img'], again['img'])
    assert first['img'].dtype == np.uint8
    assert first['img_channel_order'] == 'rgb'
    assert np.array_equal(first['gt'], results(photo)['gt'])
    rng = np.random.default_rng(7)
    rng.choice(len(TASKS), p=np.full(len(TASKS), 1 / len(TASKS)))
    expected = TASKS[first['task']](rng)(photo, rng)
    assert np.array_equal(first['img'], np.rint(expected * 255))


@pytest.mark.parametrize('tasks', [{'snow': 1}, {'haze': -1}, {'haze': 0}])
def test_tasks_that_do_not_work(tasks):
    with pytest.raises(ConfigError) as raised:
        TaskDegradation(tasks)
    assert next(iter(tasks)) in str(raised.value)
