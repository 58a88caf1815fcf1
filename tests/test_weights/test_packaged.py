"""The weights that come with the package: what they are, and what they do."""

import hashlib
from pathlib import Path

import adacode_mm  # isort: skip  # adapts MMagic: comes first
import cv2
import numpy as np
import pytest
import torch
from grid_strength import block_strength, grid_strength
from mmagic.apis import MMagicInferencer
from mmagic.evaluation.metrics import psnr
from safetensors.torch import load_file

from adacode_mm.checkpoints.model_file import open_model
from adacode_mm.checkpoints.pretrained import PRETRAINED, find_model_file
from adacode_mm.data.transforms.brush_stroke_mask import brush_stroke_mask
from adacode_mm.data.transforms.bsrgan_degradation import BSRGANDegradation
from adacode_mm.restoring.restorer import Restorer
from benchmarks.tables.baselines import RADIUS
from benchmarks.tables.inputs import bicubic

WEIGHTS = Path(adacode_mm.__file__).parent / 'weights'
PHOTOS = Path(__file__).parents[1] / 'data' / 'photos'
NAMES = [name for name, file in PRETRAINED.items() if file.packaged]
# In colour; none of them was trained on.
PHOTO_NAMES = (
    'astronaut_256',
    'astronaut_face_128',
    'chelsea_eyes_128',
    'coffee_cup_128',
    'coffee_table_128',
    'astronaut_suit_128',
)
SEED = 7
MASK_SEED = 9
GAIN = 0.3  # dB of PSNR-Y over bicubic, on the average
SHIFT = 0.01  # of [0, 1], on the average of the photographs
LARGEST_SHIFT = 0.025  # of one of them
GRID, BLOCKS = 2, 1.3


def photo_of(name):
    return np.ascontiguousarray(cv2.imread(f'{PHOTOS / name}.png')[..., ::-1])


def degraded(scale):
    """Name -> the photograph and its BSRGAN degradation."""
    degradation = BSRGANDegradation(scale=scale, seed=SEED)
    pairs = {}
    for number, name in enumerate(PHOTO_NAMES):
        results = {
            'gt': photo_of(name),
            'gt_channel_order': 'rgb',
            'sample_idx': number,
        }
        results = degradation(results)
        pairs[name] = results['gt'], results['img']
    return pairs


def with_holes():
    """Name -> the photograph and its mask, True in the holes."""
    pairs = {}
    for number, name in enumerate(PHOTO_NAMES):
        photo = photo_of(name)
        rng = np.random.RandomState(MASK_SEED + number)
        strokes = {'brush_width': (6, 20), 'rng': rng}
        mask = brush_stroke_mask(photo.shape, **strokes)[..., 0] > 0
        assert 0.05 < mask.mean() < 0.5
        pairs[name] = photo, mask
    return pairs


@pytest.fixture(scope='module')
def enlarged():
    """Scale -> name -> original, bicubic, ours."""
    found = {}
    for scale in (2, 4):
        restorer = Restorer.from_pretrained(
            f'adacode-tiny-x{scale}', device='cpu'
        )
        found[scale] = {}
        for name, (photo, lq) in degraded(scale).items():
            large = bicubic(lq, *photo.shape[:2])
            found[scale][name] = photo, large, restorer(lq)
    return found


@pytest.fixture(scope='module')
def filled():
    """Name -> original, mask, Telea, ours."""
    restorer = Restorer.from_pretrained('adacode-tiny-inpaint', device='cpu')
    found = {}
    for name, (photo, mask) in with_holes().items():
        holes = mask.astype(np.uint8)
        telea = cv2.inpaint(photo, holes, RADIUS, cv2.INPAINT_TELEA)
        found[name] = photo, mask, telea, restorer(photo, mask)
    return found


def psnr_y(image, original, scale):
    pair = [np.ascontiguousarray(x[..., ::-1]) for x in (image, original)]
    return psnr(*pair, crop_border=scale, convert_to='Y', channel_order='bgr')


def psnr_in(mask, image, original):
    difference = image[mask].astype(float) - original[mask]
    return 10 * np.log10(255**2 / np.mean(difference**2))


def shift(image, original):
    """Difference of the mean of each channel, in [0, 1]."""
    smooth = [
        cv2.GaussianBlur(x / np.float64(255), (0, 0), 8)
        for x in (image, original)
    ]
    return (smooth[0] - smooth[1]).mean((0, 1))


@pytest.mark.parametrize('name', NAMES)
def test_a_file_is_what_it_is_said_to_be(name):
    entry = PRETRAINED[name]
    path = find_model_file(name)
    assert path == WEIGHTS / f'{name}.safetensors'
    assert entry.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert {value.dtype for value in load_file(path).values()} == {
        torch.float16
    }
    net, info = open_model(path)
    assert info[:3] == ('AdaCode', entry.task, entry.scale)
    assert net.takes_fidelity == entry.fidelity
    # Clusters of patches, and not the classes of the paper.
    assert info.codebooks == tuple(f'group {k}' for k in range(5))
    assert next(net.parameters()).dtype == torch.float32


def test_all_files_are_small_together():
    files = sorted(path.name for path in WEIGHTS.glob('*.safetensors'))
    assert files == sorted(f'{name}.safetensors' for name in NAMES)
    assert sum((WEIGHTS / x).stat().st_size for x in files) <= 20_000_000


def test_the_model_card_has_measured_scores():
    card = (WEIGHTS / 'README.md').read_text(encoding='utf-8')
    assert 'Not measured yet' not in card
    assert all(name in card for name in NAMES)


@pytest.mark.parametrize('scale', [2, 4])
def test_enlarged_photographs_are_better_than_bicubic(enlarged, scale):
    gains = [
        psnr_y(ours, photo, scale) - psnr_y(large, photo, scale)
        for photo, large, ours in enlarged[scale].values()
    ]
    assert np.mean(gains) > GAIN, dict(
        zip(PHOTO_NAMES, np.round(gains, 2), strict=True)
    )


def test_filled_photographs_are_better_than_telea(filled):
    gains = [
        psnr_in(mask, ours, photo) - psnr_in(mask, telea, photo)
        for photo, mask, telea, ours in filled.values()
    ]
    assert np.mean(gains) > 0, dict(
        zip(PHOTO_NAMES, np.round(gains, 2), strict=True)
    )


def test_known_pixels_stay(filled):
    for photo, mask, _, ours in filled.values():
        assert np.array_equal(ours[~mask], photo[~mask])


@pytest.mark.parametrize('scale', [2, 4])
def test_colours_stay_as_they_are(enlarged, scale):
    shifts = []
    for name, (photo, large, ours) in enlarged[scale].items():
        # Noise and JPEG move the mean, too: who keeps what is given, or
        # restores what was there, shifts nothing.
        assert np.abs(shift(large, photo)).max() < SHIFT, 'of the test'
        least = np.minimum(
            np.abs(shift(ours, photo)), np.abs(shift(ours, large))
        )
        assert least.max() < LARGEST_SHIFT, name
        shifts.append(shift(ours, photo))
    assert np.abs(np.mean(shifts, axis=0)).max() < SHIFT


@pytest.mark.parametrize('scale', [2, 4])
def test_there_is_no_grid(enlarged, scale):
    for name, (photo, _, ours) in enlarged[scale].items():
        assert grid_strength(photo) < GRID, 'of the test'
        assert block_strength(photo) < BLOCKS, 'of the test'
        assert grid_strength(ours) < GRID, name
        assert block_strength(ours) < BLOCKS, name


def test_a_grid_would_be_seen():
    smooth = cv2.GaussianBlur(photo_of('coffee_cup_128'), (0, 0), 2.5)
    lines = np.zeros(smooth.shape[:2])
    lines[::8] = lines[:, ::8] = 1
    drawn = np.clip(smooth + 2 * lines[..., None], 0, 255).astype(np.uint8)
    assert grid_strength(drawn) > GRID > grid_strength(smooth)
    blocks = np.random.RandomState(0).randn(16, 16).repeat(8, 0).repeat(8, 1)
    drawn = np.clip(smooth + 3 * blocks[..., None], 0, 255).astype(np.uint8)
    assert block_strength(drawn) > BLOCKS > block_strength(smooth)


@pytest.mark.parametrize(
    ('setting', 'name'),
    [
        ('adacode_tiny_sr_x4', 'adacode-tiny-x4'),
        ('adacode_tiny_sr_x2', 'adacode-tiny-x2'),
        ('adacode_tiny_inpaint', 'adacode-tiny-inpaint'),
    ],
)
def test_mmagics_inferencer_restores_alike(setting, name, tmp_path):
    """With the networks of the files, whatever the configs train today."""
    photo = f'{PHOTOS}/chelsea_eyes_128.png'
    inputs = {}
    if 'inpaint' in name:
        holes = np.zeros((128, 128), np.uint8)
        holes[40:60, 40:60] = 255
        inputs['mask'] = f'{tmp_path}/mask.png'
        cv2.imwrite(inputs['mask'], holes)
    inferencer = MMagicInferencer('adacode', model_setting=setting)
    _, found = inferencer.infer(img=photo, **inputs)
    expected = Restorer.from_pretrained(name)(photo, **inputs)
    difference = np.abs(found[..., ::-1].astype(int) - expected)
    assert difference.max() <= 1  # MMagic cuts off, we round
