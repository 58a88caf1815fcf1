from pathlib import Path

import cv2
import numpy as np
import pytest

import adacode_mm  # noqa: F401
from adacode_mm.core.exceptions import ConfigError, InputError
from adacode_mm.data.transforms.paired_random_resized_crop import (
    PairedRandomResizedCrop,
)

PHOTOS = Path(__file__).parents[1] / 'data' / 'photos'


def coordinates(height, width, scale=1):
    """Image whose pixels hold their own (x, y) in GT pixels."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    return (np.stack([x, y], -1) + 0.5) * scale - 0.5


@pytest.mark.parametrize('shape', [(32, 80), (80, 32), (32, 32)])
def test_unresized_crop_is_exact_and_aligned(shape):
    # The shorter side equals the patch, so that only the crop is random.
    gt = coordinates(*shape)
    crop = PairedRandomResizedCrop(gt_patch_size=32, scale=4)
    corners = set()
    for seed in range(80):
        np.random.seed(seed)
        lq = coordinates(shape[0] // 4, shape[1] // 4, 4)
        out = crop.transform({'gt': gt.copy(), 'img': lq})
        x, y = out['gt'][0, 0, :2].astype(int)
        np.testing.assert_array_equal(out['gt'], gt[y : y + 32, x : x + 32])
        np.testing.assert_array_equal(
            out['img'],
            lq[y // 4 : y // 4 + 8, x // 4 : x // 4 + 8],
        )
        assert x % 4 == y % 4 == 0
        corners.add((x, y))
    # All 13 positions along the longer side are possible, both ends too.
    last = (shape[1] - 32, shape[0] - 32)
    assert corners <= {(x, y) for x in range(49) for y in range(49)}
    assert {(0, 0), last} <= corners


@pytest.mark.parametrize('shape', [(96, 96), (96, 160), (160, 96)])
@pytest.mark.parametrize('scale', [1, 2, 4])
def test_resized_crops_show_the_same_place(shape, scale):
    crop = PairedRandomResizedCrop(gt_patch_size=32, scale=scale)
    steps = []
    for seed in range(20):
        np.random.seed(seed)
        lq = coordinates(shape[0] // scale, shape[1] // scale, scale)
        out = crop.transform({'gt': coordinates(*shape), 'img': lq})
        gt, lq = out['gt'], out['img']
        assert gt.shape == (32, 32, 2)
        assert lq.shape == (32 // scale, 32 // scale, 2)
        # An LQ pixel lies in the middle of `scale` x `scale` GT pixels. cv2's
        # cubic kernel bends straight lines a little, more so near borders.
        mean = gt.reshape(32 // scale, scale, 32 // scale, scale, 2)
        mean = mean.mean((1, 3))
        assert np.abs(mean - lq)[2:-2, 2:-2].max() < 0.3 * scale
        # Both axes shrink alike, whatever the shape.
        step = np.diff(gt[16, :, 0]).mean(), np.diff(gt[:, 16, 1]).mean()
        assert step[0] == pytest.approx(step[1], rel=0.06)
        steps.append(step[0])
    # From no shrinking to 96 -> 32.
    assert 0.95 < min(steps) < 1.3
    assert 2.0 < max(steps) < 3.1


def test_resized_sizes_are_drawn_evenly_from_all_multiples():
    crop = PairedRandomResizedCrop(gt_patch_size=32, scale=4)
    np.random.seed(0)
    drawn = [tuple(crop._draw_size((40, 80))) for _ in range(300)]
    # LQ pixels; 32..35, 36..39 and 40 for the shorter side.
    assert set(drawn) == {(8, 16), (9, 18), (10, 20)}
    count = [drawn.count((n, 2 * n)) for n in (8, 9, 10)]
    np.testing.assert_allclose(count, np.array([4, 4, 1]) / 9 * 300, atol=30)


@pytest.mark.parametrize('dtype', [np.uint8, np.float32])
def test_overshoots_are_clipped(dtype):
    stripes = np.zeros((64, 64, 3), dtype)
    stripes[:, ::8] = stripes[:, 1::8] = stripes[:, 2::8] = 255
    crop = PairedRandomResizedCrop(32, lq_key=None)
    plain = cv2.resize(stripes.astype(np.float32), (48, 48), interpolation=2)
    assert plain.min() < -5 and plain.max() > 260  # what there is to clip
    for seed in range(5):
        np.random.seed(seed)
        gt = crop.transform({'gt': stripes})['gt']
        assert gt.dtype == dtype
        assert gt.min() == 0 and gt.max() == 255
        assert np.abs(np.diff(gt.astype(float), axis=0)).max() <= 1


def test_holes_of_the_mask_cover_every_changed_pixel():
    gt = cv2.imread(str(PHOTOS / 'astronaut_256.png')).astype(np.float32)
    mask = np.zeros((256, 256, 1), np.uint8)
    mask[40:140, 90:200] = 1
    mask[180:190, 10:60] = 1
    img = gt * (1 - mask) + 255 * mask.astype(np.float32)
    crop = PairedRandomResizedCrop(128, mask_key='mask')
    for seed in range(8):
        np.random.seed(seed)
        out = crop.transform({'gt': gt, 'img': img, 'mask': mask})
        hole = out['mask'][..., 0] == 1
        assert set(np.unique(out['mask'])) <= {0, 1}
        changed = np.abs(out['img'] - out['gt']).max(-1) > 0
        assert changed.any() and not (changed & ~hole).any()
        # And little more: at most 2 pixels along the edges.
        grown = cv2.dilate(changed.astype(np.uint8), np.ones((5, 5)))
        assert not (hole & (grown == 0)).any()


def test_same_seed_same_crop_and_inputs_are_not_modified():
    photo = cv2.imread(str(PHOTOS / 'coffee_odd_131x97.png'))
    before = photo.copy()
    crop = PairedRandomResizedCrop(64, lq_key=None)
    crops = []
    for seed in (1, 1, 2):
        np.random.seed(seed)
        out = crop.transform({'gt': photo})['gt']
        crops.append(out.copy())
        out[:] = 0
    np.testing.assert_array_equal(crops[0], crops[1])
    assert not np.array_equal(crops[0], crops[2])
    np.testing.assert_array_equal(photo, before)


def test_gray_images_keep_their_channel_axis():
    gray = cv2.imread(str(PHOTOS / 'brick_gray_96.png'), 0)[..., None]
    crop = PairedRandomResizedCrop(64, lq_key=None)
    np.random.seed(3)
    assert crop.transform({'gt': gray})['gt'].shape == (64, 64, 1)


def test_errors_say_what_to_do():
    small = np.zeros((40, 31, 3), np.uint8)
    crop = PairedRandomResizedCrop(32, scale=4)
    with pytest.raises(InputError, match=r'at least 32 .* got 40x31'):
        crop.transform({'gt': small, 'img': small, 'gt_path': 'a.png'})
    with pytest.raises(InputError, match=r'exactly 4 times smaller.*got 9x8'):
        crop.transform({'gt': np.zeros((32, 32, 2)), 'img': np.zeros((9, 8))})
    with pytest.raises(ConfigError, match='multiple of scale'):
        PairedRandomResizedCrop(30, scale=4)


def test_repr_builds_the_same_transform():
    crop = PairedRandomResizedCrop(64, 2, lq_key=None, value_range=(0, 1))
    assert repr(eval(repr(crop))) == repr(crop)
    assert eval(repr(crop)).__dict__ == crop.__dict__
