"""The BSRGAN degradation as a whole, as a transform, and in data loaders."""

from pathlib import Path

import numpy as np
import pytest
from mmengine.registry import DefaultScope
from mmengine.runner import Runner
from PIL import Image

import adacode_mm  # noqa: F401
from adacode_mm.core.exceptions import ConfigError, InputError
from adacode_mm.data.transforms.bsrgan_degradation import BSRGANDegradation
from adacode_mm.data.transforms.degradations.bsrgan import (
    apply_steps,
    degrade_bsrgan,
    draw_bsrgan,
)
from adacode_mm.data.transforms.degradations.jpeg import JPEGCompression
from adacode_mm.data.transforms.degradations.noise import GaussianNoise
from adacode_mm.registry import TRANSFORMS

PHOTOS = Path(__file__).parents[1] / 'data' / 'photos'
PHOTO = 'coffee_odd_131x97.png'


def pixels(name=PHOTO):
    return np.asarray(Image.open(PHOTOS / name).convert('RGB'))


def unit(name=PHOTO):
    return pixels(name).astype(np.float32) / 255


def rgb_results(**keys):
    results = {'gt': pixels(), 'gt_channel_order': 'rgb', **keys}
    return dict(results, sample_idx=3)


@pytest.mark.parametrize('scale', [1, 2, 3, 4])
def test_type_size_and_range(scale):
    photo = unit()
    before = photo.copy()
    height, width = photo.shape[:2]
    for seed in range(40):
        lq = degrade_bsrgan(photo, scale, np.random.default_rng(seed))
        assert lq.dtype == np.float32
        assert lq.shape == (height // scale, width // scale, 3)
        assert lq.min() >= 0 and lq.max() <= 1
        np.testing.assert_allclose(lq * 255, np.rint(lq * 255), atol=1e-4)
    np.testing.assert_array_equal(photo, before)


@pytest.mark.parametrize('size', [(4, 4), (5, 7), (8, 40)])
def test_tiny_images_are_degraded_too(size):
    image = unit()[: size[0], : size[1]]
    for seed in range(40):
        lq = degrade_bsrgan(image, 4, np.random.default_rng(seed))
        assert lq.shape == (size[0] // 4, size[1] // 4, 3)
        assert np.isfinite(lq).all()


def test_the_generator_decides_everything():
    photo = unit()
    runs = [
        degrade_bsrgan(photo, 4, np.random.default_rng(seed))
        for seed in (1, 1, 2)
    ]
    np.testing.assert_array_equal(runs[0], runs[1])
    assert np.abs(runs[0] - runs[2]).mean() > 0.01


@pytest.mark.parametrize('scale', [2, 4])
def test_nothing_is_shifted(scale):
    """Ramps, without noise and JPEG, keep their value in the middle."""
    ramps = np.full((256, 256, 3), 0.5, np.float32)
    ramps[..., 0] = np.arange(0.5, 256) / 256
    ramps[..., 1] = np.arange(0.5, 256)[:, None] / 256
    size = 256 // scale
    middle = slice(size // 2 - 1, size // 2 + 1)
    shifts = []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        steps = [
            step
            for step in draw_bsrgan(ramps.shape, scale, rng)
            if not isinstance(step, GaussianNoise | JPEGCompression)
        ]
        lq = apply_steps(ramps, steps, rng)
        offset = lq[middle, middle].mean((0, 1)) - 0.5
        shifts.append(offset[:2] * size)  # a ramp rises by 1 in `size` pixels
        np.testing.assert_allclose(lq[..., 2], 0.5, atol=1e-5)
    assert np.abs(shifts).max() < 0.1  # LQ pixels
    assert np.abs(np.mean(shifts, axis=0)).max() < 0.005


@pytest.mark.parametrize('scale', [2, 4])
def test_colours_stay_on_average(scale):
    colour = np.array([0.25, 0.5, 0.7], np.float32)
    image = np.broadcast_to(colour, (64, 64, 3)).copy()
    mean = np.mean(
        [
            degrade_bsrgan(image, scale, np.random.default_rng(seed))
            for seed in range(300)
        ],
        axis=(0, 1, 2),
    )
    np.testing.assert_allclose(mean, colour, atol=1 / 255)


def test_it_tells_what_it_cannot_degrade():
    rng = np.random.default_rng(0)
    for wrong in (pixels(), unit()[..., 0], unit()[..., :1]):
        with pytest.raises(InputError, match='float32'):
            degrade_bsrgan(wrong, 4, rng)
    with pytest.raises(InputError, match='3x131 pixels is too small'):
        degrade_bsrgan(np.zeros((3, 131, 3), np.float32), 4, rng)


@pytest.mark.parametrize('dtype', [np.uint8, np.float32])
def test_the_transform_fills_in_all_keys(dtype):
    gt = pixels().astype(dtype)
    results = rgb_results(gt=gt, gt_color_type='color')
    out = BSRGANDegradation(4, seed=7).transform(results)
    height, width = (n // 4 for n in gt.shape[:2])
    expected = degrade_bsrgan(unit(), 4, np.random.default_rng(10))
    assert out['img'].dtype == dtype and out['img'].flags.c_contiguous
    np.testing.assert_array_equal(out['img'], np.rint(expected * 255))
    np.testing.assert_array_equal(out['gt'], gt[: 4 * height, : 4 * width])
    assert out['img_channel_order'] == 'rgb'
    assert out['img_color_type'] == 'color'
    assert out['ori_img_shape'] == (height, width, 3)


def test_the_channel_order_changes_the_order_alone():
    transform = BSRGANDegradation(2, seed=0, lq_key='lq')
    rgb = transform.transform(rgb_results())['lq']
    for keys in ({'gt_channel_order': 'bgr'}, {}):
        results = {'gt': pixels()[..., ::-1], 'sample_idx': 3, **keys}
        bgr = transform.transform(results)
        np.testing.assert_array_equal(bgr['lq'], rgb[..., ::-1])
        assert bgr['lq_channel_order'] == 'bgr'


def test_settings_are_read_from_the_config():
    mild = BSRGANDegradation(
        1,
        seed=0,
        settings={
            'resize_prob': 1.0,
            'noise_level': (0, 0),
            'max_sigma': (0, 0),
            'max_eigenvalue': (0, 0),
            'jpeg_quality': (100, 100),
        },
    )
    wild = BSRGANDegradation(1, seed=0)
    errors = []
    for transform in (mild, wild):
        lq = transform.transform(rgb_results())['img']
        errors.append(np.abs(lq.astype(float) - pixels()).mean())
    assert errors[0] < 0.6 * errors[1]


def test_errors_say_what_to_do():
    for scale in (0, 2.5):
        with pytest.raises(ConfigError, match='whole scale'):
            BSRGANDegradation(scale)
    with pytest.raises(ConfigError, match=r"no setting 'jpeg': .*jpeg_prob"):
        BSRGANDegradation(4, settings={'jpeg': 1})
    gray = {'gt': np.zeros((8, 8), np.uint8), 'gt_path': 'gray.png'}
    with pytest.raises(InputError, match=r'gray\.png.*color_type'):
        BSRGANDegradation(4).transform(gray)


def test_repr_builds_the_same_transform():
    transform = BSRGANDegradation(4, seed=3, settings={'jpeg_prob': 0.5})
    again = eval(repr(transform))
    assert again.__dict__ == transform.__dict__
    built = TRANSFORMS.build(
        {'type': 'adacode_mm.BSRGANDegradation', 'scale': 4}
    )
    assert isinstance(built, BSRGANDegradation) and built.seed is None


@pytest.fixture
def loaded(tmp_path):
    """LQ images of one photo, listed four times, epoch by epoch."""
    listing = tmp_path / 'names.txt'

    def load(workers, loader_seed=0, epochs=2, **transform):
        listing.write_text('\n'.join(['chelsea_eyes_128.png'] * 4))
        pipeline = [
            {'type': 'LoadImageFromFile', 'key': 'gt'},
            {
                'type': 'adacode_mm.BSRGANDegradation',
                'scale': 4,
                **transform,
            },
            {'type': 'PackInputs'},
        ]
        cfg = {
            'batch_size': 1,
            'num_workers': workers,
            'persistent_workers': workers > 0,
            'sampler': {'type': 'DefaultSampler', 'shuffle': False},
            'dataset': {
                'type': 'BasicImageDataset',
                'ann_file': str(listing),
                'data_root': str(PHOTOS),
                'data_prefix': {'gt': ''},
                'pipeline': pipeline,
            },
        }
        with DefaultScope.overwrite_default_scope('mmagic'):
            loader = Runner.build_dataloader(cfg, seed=loader_seed)
            return [
                [batch['inputs'][0].numpy() for batch in loader]
                for _ in range(epochs)
            ]

    return load


def all_different(images):
    return len({image.tobytes() for image in images}) == len(images)


def test_workers_epochs_and_samples_differ_and_repeat(loaded):
    first = loaded(workers=2)
    # Samples 0 and 2 come from one worker, 1 and 3 from the other.
    assert all_different(first[0] + first[1])
    np.testing.assert_array_equal(loaded(workers=2), first)
    other = loaded(workers=2, loader_seed=100)
    assert all_different(first[0] + other[0])


def test_a_seed_fixes_the_degradation_of_each_image(loaded):
    first, second = loaded(workers=2, seed=5)
    assert all_different(first)
    np.testing.assert_array_equal(first, second)
    alone = loaded(workers=0, epochs=1, loader_seed=9, seed=5)[0]
    np.testing.assert_array_equal(first, alone)
    expected = degrade_bsrgan(
        unit('chelsea_eyes_128.png'), 4, np.random.default_rng(5 + 2)
    )
    found = first[2][::-1].transpose(1, 2, 0)  # MMagic loads BGR
    np.testing.assert_array_equal(found, np.rint(expected * 255))


def test_numpys_global_seed_fixes_a_sample():
    transform = BSRGANDegradation(4)
    runs = []
    for seed in (1, 1, 2):
        np.random.seed(seed)
        runs.append(
            [transform.transform(rgb_results())['img'] for _ in range(2)]
        )
    np.testing.assert_array_equal(runs[0], runs[1])
    assert all_different(runs[0] + runs[2])
