"""The pipelines of the three stages, from file to normalised batch."""

from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.dataset import pseudo_collate
from mmengine.registry import DefaultScope
from PIL import Image

import adacode_mm  # noqa: F401
from adacode_mm.data.transforms.bicubic_downsample import BicubicDownsample
from adacode_mm.data.transforms.brush_stroke_mask import brush_stroke_mask
from adacode_mm.registry import DATASETS, MODELS

PHOTOS = Path(__file__).parents[1] / 'data' / 'photos'
NAMES = ['astronaut_face_128.png', 'coffee_cup_128.png', 'hubble_128.png']

LOAD = {'type': 'LoadImageFromFile', 'key': 'gt', 'channel_order': 'rgb'}
FLOAT = dict(LOAD, to_float32=True)
CROP = {'type': 'adacode_mm.PairedRandomResizedCrop', 'gt_patch_size': 64}
STROKES = {'type': 'adacode_mm.BrushStrokeMask'}
PAINT = {'type': 'GetMaskedImage', 'zero_value': 255.0}
# A bare copy of gt would lose its channel order: MMagic would then take RGB
# for BGR.
COPY = {
    'type': 'CopyValues',
    'src_keys': ['gt', 'gt_channel_order', 'gt_color_type', 'ori_gt_shape'],
    'dst_keys': [
        'img',
        'img_channel_order',
        'img_color_type',
        'ori_img_shape',
    ],
}
PACK = {'type': 'PackInputs'}


def augmentation(keys):
    return [
        {'type': 'Flip', 'keys': keys, 'direction': 'horizontal'},
        {'type': 'Flip', 'keys': keys, 'direction': 'vertical'},
        {'type': 'RandomTransposeHW', 'keys': keys},
    ]


def mod_crop(scale):
    return [
        {'type': 'SetValues', 'dictionary': {'scale': scale}},
        {'type': 'ModCrop', 'key': 'gt'},
    ]


def bicubic(scale):
    return {'type': 'adacode_mm.BicubicDownsample', 'scale': scale}


TRAIN = {
    'copy': [LOAD, dict(CROP, lq_key=None), *augmentation(['gt']), COPY, PACK],
    **{
        f'x{scale}': [
            LOAD,
            dict(CROP, scale=scale, lq_key=None),
            *augmentation(['gt']),
            bicubic(scale),
            PACK,
        ]
        for scale in (2, 4)
    },
    'inpaint': [
        FLOAT,
        STROKES,
        PAINT,
        dict(CROP, mask_key='mask'),
        *augmentation(['gt', 'img', 'mask']),
        PACK,
    ],
}
VAL = {
    'copy': [LOAD, COPY, PACK],
    'x2': [LOAD, *mod_crop(2), bicubic(2), PACK],
    'x4': [LOAD, *mod_crop(4), bicubic(4), PACK],
    'inpaint': [LOAD, dict(STROKES, seed=0), PAINT, PACK],
}


@pytest.fixture
def batch(tmp_path):
    """Load photos by a pipeline and normalise them as one batch."""

    def load(pipeline, names, training):
        with DefaultScope.overwrite_default_scope('mmagic'):
            (tmp_path / 'ann.txt').write_text('\n'.join(names))
            dataset = DATASETS.build(
                {
                    'type': 'BasicImageDataset',
                    'ann_file': str(tmp_path / 'ann.txt'),
                    'data_root': str(PHOTOS),
                    'data_prefix': {'gt': ''},
                    'pipeline': pipeline,
                    'serialize_data': False,  # saves half a second of gc each
                }
            )
            preprocessor = MODELS.build(
                {
                    'type': 'DataPreprocessor',
                    'mean': [0.0, 0.0, 0.0],
                    'std': [255.0, 255.0, 255.0],
                    'output_channel_order': 'RGB',
                }
            )
            samples = [dataset[n] for n in range(len(names))]
            data = preprocessor(pseudo_collate(samples), training)
            return data['inputs'], data['data_samples']

    return load


def photo(name):
    return np.asarray(Image.open(PHOTOS / name).convert('RGB'))


def unit_range(picture):
    return torch.from_numpy(picture.copy()).permute(2, 0, 1).float() / 255


def metrics_gt(samples):
    """GT of a validation batch: MMagic's metrics compare BGR in 0..255."""
    return samples.gt_img[0].flip(0) / 255


def test_copied_input_is_the_target(batch):
    inputs, samples = batch(TRAIN['copy'], NAMES, training=True)
    assert inputs.shape == (3, 3, 64, 64)
    torch.testing.assert_close(inputs, samples.gt_img, rtol=0, atol=0)
    assert inputs.min() >= 0 and inputs.max() <= 1
    assert inputs.std() > 0.1


@pytest.mark.parametrize('name', NAMES)
def test_copied_validation_input_is_the_photo_in_rgb(batch, name):
    inputs, samples = batch(VAL['copy'], [name], training=False)
    expected = unit_range(photo(name))
    assert not torch.equal(expected, expected.flip(0))  # BGR would be seen
    torch.testing.assert_close(inputs[0], expected)
    torch.testing.assert_close(metrics_gt(samples), expected)


@pytest.mark.parametrize('scale', [2, 4])
def test_low_resolution_input_is_the_target_downsampled(batch, scale):
    inputs, samples = batch(TRAIN[f'x{scale}'], NAMES, training=True)
    assert inputs.shape == (3, 3, 64 // scale, 64 // scale)
    for lq, gt in zip(inputs, samples.gt_img, strict=True):
        gt = (gt * 255).round().byte().permute(1, 2, 0).numpy()
        expected = BicubicDownsample(scale).transform({'gt': gt})['img']
        torch.testing.assert_close(lq, unit_range(expected))


@pytest.mark.parametrize('scale', [2, 4])
def test_validation_crops_odd_photos_to_the_scale(batch, scale):
    name = 'coffee_odd_131x97.png'
    inputs, samples = batch(VAL[f'x{scale}'], [name], training=False)
    whole = photo(name)
    height, width = (n - n % scale for n in whole.shape[:2])
    gt = whole[:height, :width]
    assert samples.gt_img.shape[-2:] == (height, width)
    torch.testing.assert_close(metrics_gt(samples), unit_range(gt))
    expected = BicubicDownsample(scale).transform({'gt': gt})['img']
    torch.testing.assert_close(inputs[0], unit_range(expected))


def test_inpainting_input_is_white_in_the_holes_only(batch):
    np.random.seed(0)
    inputs, samples = batch(TRAIN['inpaint'], NAMES, training=True)
    assert inputs.shape == samples.gt_img.shape == (3, 3, 64, 64)
    hole = samples.mask.bool()
    assert hole.shape == (3, 1, 64, 64)
    assert 0.05 < hole.float().mean() < 0.95
    keep = ~hole.expand_as(inputs)
    torch.testing.assert_close(
        inputs[keep], samples.gt_img[keep], rtol=0, atol=0
    )
    # Away from the edges, which the resizing blurs, holes are white.
    inner = -torch.nn.functional.max_pool2d(-hole.float(), 9, 1, 4) > 0
    assert inner.sum() > 100
    assert inputs[inner.expand_as(inputs)].min() > 0.9999


def test_inpainting_validation_masks_stay_the_same(batch):
    names = NAMES[:2]
    inputs, samples = batch(VAL['inpaint'], names, training=False)
    for n, name in enumerate(names):
        mask = brush_stroke_mask((128, 128), rng=np.random.RandomState(n))
        expected = np.where(mask == 1, 255, photo(name))
        torch.testing.assert_close(inputs[n], unit_range(expected))
        torch.testing.assert_close(
            samples.mask[n, 0], torch.from_numpy(mask[..., 0])
        )
    again, _ = batch(VAL['inpaint'], names, training=False)
    torch.testing.assert_close(again, inputs, rtol=0, atol=0)


@pytest.mark.parametrize('task', TRAIN)
def test_training_crops_follow_the_seed(batch, task):
    runs = []
    for seed in (1, 1, 2):
        np.random.seed(seed)
        runs.append(batch(TRAIN[task], NAMES[:1], training=True)[0])
    torch.testing.assert_close(runs[0], runs[1], rtol=0, atol=0)
    assert not torch.equal(runs[0], runs[2])
