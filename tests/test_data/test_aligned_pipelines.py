"""LQ and GT show the same place after the whole training pipeline.

Pixels hold their own coordinates, so that every output says where it is from.
"""

from pathlib import Path

import adacode_mm  # noqa: F401  # isort: skip  (before MMagic)
import cv2
import numpy as np
import pytest
from mmengine.config import Config
from mmengine.dataset import Compose
from mmengine.registry import DefaultScope

BASE = Path(__file__).parents[2] / 'configs/_base_/datasets'
ORIENTATIONS = 8  # flips and a transposition


def pipeline(name, patch=256):
    """Training pipeline of a data config, with another size of the crop."""
    steps = Config.fromfile(BASE / f'{name}.py').train_dataloader.dataset
    for step in steps.pipeline:
        if 'gt_patch_size' in step:
            step.gt_patch_size = patch
    with DefaultScope.overwrite_default_scope('mmagic'):
        return Compose(steps.pipeline)


def run(steps, paths, seed):
    """(H, W, 3) LQ and GT arrays and the packed sample."""
    np.random.seed(seed)
    packed = steps({**paths, 'sample_idx': 0})
    sample = packed['data_samples']
    images = packed['inputs'], sample.gt_img
    return *(x.permute(1, 2, 0).numpy() for x in images), sample


def write_rgb(path, image):
    cv2.imwrite(str(path), np.ascontiguousarray(image[..., ::-1]))
    return str(path)


def exact_codes(height, width, scale):
    """uint8 RGB (H, W, 3): x of the upper left GT pixel in 16 bits, and y."""
    y, x = np.mgrid[:height, :width] * scale
    return np.stack([x % 256, x // 256, y], -1).astype(np.uint8)


def decode(image):
    image = image.astype(int)
    return np.stack([image[..., 0] + 256 * image[..., 1], image[..., 2]], -1)


@pytest.fixture(params=[(64, 144), (144, 64)], ids=['wide', 'upright'])
def coded_pair(request, tmp_path):
    """Paths of GT and LQ of exact coordinates, for a scale."""

    def write(scale):
        height, width = request.param
        gt = exact_codes(height, width, 1)
        lq = exact_codes(height // scale, width // scale, scale)
        return {
            'gt_path': write_rgb(tmp_path / 'gt.png', gt),
            'img_path': write_rgb(tmp_path / 'lq.png', lq),
        }

    return write


def orientation(place):
    """How the crop lies: steps of (x, y) to the right and downwards."""
    right, down = place[0, 1] - place[0, 0], place[1, 0] - place[0, 0]
    return tuple(right), tuple(down)


@pytest.mark.parametrize(('name', 'scale'), [('sr_x2', 2), ('sr_x4', 4)])
def test_each_lq_pixel_lies_on_its_block_of_gt_pixels(name, scale, coded_pair):
    """Exact, since the shorter side is as long as the crop: no resizing."""
    paths, steps = coded_pair(scale), pipeline(name, patch=64)
    seen, corners = {}, set()
    for seed in range(240):
        lq, gt, _ = run(steps, paths, seed)
        assert lq.shape == (64 // scale, 64 // scale, 3)
        assert gt.shape == (64, 64, 3)
        lq, gt = decode(lq), decode(gt)
        blocks = gt.reshape(64 // scale, scale, 64 // scale, scale, 2)
        np.testing.assert_array_equal(blocks.min((1, 3)), lq)
        np.testing.assert_array_equal(blocks.max((1, 3)), lq + scale - 1)
        # All pixels of a crop, once, without gaps.
        assert len(np.unique(gt.reshape(-1, 2), axis=0)) == 64 * 64
        assert np.ptp(gt, axis=(0, 1)).tolist() == [63, 63]
        way = orientation(gt)
        seen[way] = seen.get(way, 0) + 1
        corners.add(tuple(gt.min((0, 1))))
    # Three fair coins: 30 of each, with a standard deviation of 5.1.
    assert len(seen) == ORIENTATIONS
    assert min(seen.values()) > 12 and max(seen.values()) < 48
    assert len(corners) == 80 // scale + 1  # every position, both ends


def test_the_order_of_the_draws_is_that_of_the_release():
    """Horizontal flip, vertical flip, transposition, each with 0.5."""
    names = ('sr_x2', 'sr_x4', 'inpainting', 'reconstruction')
    for name in (*names, *(f'tiny_{each}' for each in names)):
        cfg = Config.fromfile(BASE / f'{name}.py')
        steps = cfg.train_dataloader.dataset.pipeline
        found = [
            (
                step.get('direction', 'transpose'),
                step.get('flip_ratio', step.get('transpose_ratio')),
            )
            for step in steps
            if step.type in ('Flip', 'RandomTransposeHW')
        ]
        expected = [('horizontal', 0.5), ('vertical', 0.5), ('transpose', 0.5)]
        assert found == expected, name


def ramps(height, width, scale):
    """(H, W, 3) of x and y of pixel centres, in GT pixels, times 1 / 2.

    Dithered: their means are not rounded.
    """
    y, x = (np.mgrid[:height, :width] + 0.5) * scale - 0.5
    image = np.stack([x, y, 0 * x], -1) / 2
    dither = np.random.RandomState(0).uniform(0, 1, image.shape)
    return np.floor(image + dither).clip(0, 255).astype(np.uint8)


def slopes(image):
    """GT pixels from one pixel to the next, of x and of y."""
    lines = [image.mean(axis) for axis in (0, 1)]
    steps = [(line[-9:].mean(0) - line[:9].mean(0)) / 247 for line in lines]
    return np.abs(steps).max(0)


@pytest.mark.parametrize(('name', 'scale'), [('sr_x2', 2), ('sr_x4', 4)])
def test_resized_pairs_show_the_same_place(name, scale, tmp_path):
    """With the crop of the config on patches of 512 pixels."""
    paths = {
        'gt_path': write_rgb(tmp_path / 'gt.png', ramps(512, 512, 1)),
        'img_path': write_rgb(
            tmp_path / 'lq.png', ramps(512 // scale, 512 // scale, scale)
        ),
    }
    steps = pipeline(name)
    shifts, steps_of_gt = [], []
    for seed in range(24):
        lq, gt, _ = run(steps, paths, seed)
        assert gt.shape == (256, 256, 3)
        side = 256 // scale
        gt = gt[..., :2].astype(float) * 2
        lq = lq[..., :2].astype(float) * 2
        blocks = gt.reshape(side, scale, side, scale, 2).mean((1, 3))
        # Away from the borders of the photograph, which repeat.
        difference = (blocks - lq)[4:-4, 4:-4]
        assert np.abs(difference).max() < 7  # the dither: 2 a level
        shifts.append(difference.mean((0, 1)))
        x, y = slopes(gt)
        assert x == pytest.approx(y, abs=0.01)
        steps_of_gt.append(x)
    # No shift: half an LQ pixel would be 1 (x2) or 2 (x4) GT pixels.
    assert np.abs(np.mean(shifts, axis=0)).max() < 0.05
    assert np.abs(shifts).max() < 0.2
    # From no shrinking (1 pixel a step) to half the size.
    assert min(steps_of_gt) < 1.1 and max(steps_of_gt) > 1.6


@pytest.mark.parametrize('patch', [64, 48])
def test_painted_image_mask_and_target_show_the_same_place(patch, tmp_path):
    """Without resizing, exactly; with it, wherever there is no hole."""
    gt = exact_codes(64, 144, 1)
    paths = {'gt_path': write_rgb(tmp_path / 'gt.png', gt)}
    steps, seen = pipeline('inpainting', patch), set()
    for seed in range(60):
        img, target, sample = run(steps, paths, seed)
        mask = sample.mask.permute(1, 2, 0).numpy()[..., 0] == 1
        assert img.shape == target.shape == (patch, patch, 3)
        np.testing.assert_array_equal(img[~mask], target[~mask])
        if patch == 64:
            assert (img[mask] == 255).all()
            place = decode(target)
            seen.add(orientation(place))
            expected = gt[place[..., 1], place[..., 0]]
            np.testing.assert_array_equal(target, expected)
    assert patch != 64 or len(seen) == ORIENTATIONS


@pytest.mark.parametrize('name', ['sr_x2', 'sr_x4', 'inpainting'])
def test_values_stay_legal(name, tmp_path):
    """Stripes of black and white: the cubic kernel overshoots by 11 %."""
    scale = {'sr_x2': 2, 'sr_x4': 4}.get(name, 1)
    gt = np.zeros((128, 128, 3), np.uint8)
    gt[:, np.arange(128) % 8 < 4] = 255
    lq = gt[: 128 // scale, : 128 // scale]
    paths = {
        'gt_path': write_rgb(tmp_path / 'gt.png', gt),
        'img_path': write_rgb(tmp_path / 'lq.png', lq),
    }
    steps = pipeline(name, patch=64)
    grey = 0
    for seed in range(12):
        for image in run(steps, paths, seed)[:2]:
            assert image.min() >= 0 and image.max() <= 255
            # No value has gone round: each line along the stripes is even.
            line = np.abs(np.diff(image.astype(float)[..., 0], axis=0))
            cross = np.abs(np.diff(image.astype(float)[..., 0], axis=1))
            if name != 'inpainting':
                assert min(line.max(), cross.max()) <= 1
            grey += ((image > 20) & (image < 235)).any()
    assert grey > 5  # it was resized
