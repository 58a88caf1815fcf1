from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import adacode_mm  # noqa: F401
from adacode_mm.core.exceptions import ConfigError, InputError
from adacode_mm.data.transforms.bicubic_downsample import BicubicDownsample

PHOTOS = Path(__file__).parents[1] / 'data' / 'photos'


@pytest.mark.parametrize('scale', [2, 3, 4])
@pytest.mark.parametrize('dtype', [np.uint8, np.float32])
def test_a_ramp_keeps_its_values_at_the_pixel_centres(scale, dtype):
    width = 24 * scale
    ramp = np.arange(width, dtype=dtype) * 2
    gt = np.broadcast_to(ramp[None, :, None], (6 * scale, width, 3))
    lq = BicubicDownsample(scale).transform({'gt': gt})['img']
    assert lq.dtype == dtype
    assert lq.shape == (6, 24, 3)
    # Pixel x of the LQ image lies at (x + 0.5) * scale - 0.5 of the GT image.
    expected = np.broadcast_to(
        (2 * np.arange(24) + 1) * scale - 1, (3, 6, 24)
    ).transpose(1, 2, 0)
    np.testing.assert_array_equal(lq[:, 3:-3], expected[:, 3:-3])


@pytest.mark.parametrize('scale', [2, 4])
def test_agrees_with_pillow_away_from_the_border(scale):
    photo = np.asarray(Image.open(PHOTOS / 'chelsea_eyes_128.png'))
    lq = BicubicDownsample(scale).transform({'gt': photo})['img']
    # In floating point: Pillow rounds 8-bit images between its two passes.
    size = (128 // scale, 128 // scale)
    for channel in range(3):
        plane = Image.fromarray(photo[..., channel].astype(np.float32))
        pillow = np.asarray(plane.resize(size, Image.Resampling.BICUBIC))
        difference = np.abs(lq[..., channel] - pillow)[2:-2, 2:-2]
        assert difference.max() < 0.501  # the rounding to 8 bits


def test_overshoots_are_clipped_and_not_wrapped():
    gt = np.zeros((32, 32, 3), np.uint8)
    gt[:, 16:] = 255
    lq = BicubicDownsample(4).transform({'gt': gt})['img']
    # Two pixels from the step the kernel undershoots (overshoots) the step.
    expected = [0, 0, 0, 20, 235, 255, 255, 255]
    assert lq[4].tolist() == [[value] * 3 for value in expected]
    lq = BicubicDownsample(4).transform({'gt': gt.astype(np.float32)})['img']
    assert lq.min() == 0 and lq.max() == 255


def test_hands_on_the_channel_order_and_leaves_scale_alone():
    gt = np.zeros((8, 12, 3), np.uint8)
    results = {
        'gt': gt,
        'gt_channel_order': 'rgb',
        'gt_color_type': 'color',
        'scale': 4,
    }
    out = BicubicDownsample(4).transform(results)
    assert out['img_channel_order'] == 'rgb'
    assert out['img_color_type'] == 'color'
    assert out['ori_img_shape'] == (2, 3, 3)
    assert out['scale'] == 4
    assert out['gt'] is gt
    assert 'lq' not in out and 'output_shape' not in out


def test_other_keys():
    gt = np.full((4, 4, 1), 7, np.uint8)
    out = BicubicDownsample(2, 'hq', 'lq').transform({'hq': gt})
    assert out['lq'].tolist() == [[[7], [7]], [[7], [7]]]


def test_errors_say_what_to_do():
    with pytest.raises(
        InputError, match=r'multiples of 4, got 8x9: .*ModCrop'
    ):
        BicubicDownsample(4).transform({'gt': np.zeros((8, 9, 3), np.uint8)})
    for scale in (0, 1.5):
        with pytest.raises(ConfigError, match='whole scale'):
            BicubicDownsample(scale)


def test_repr_builds_the_same_transform():
    transform = BicubicDownsample(4, lq_key='lq')
    assert eval(repr(transform)).__dict__ == transform.__dict__
