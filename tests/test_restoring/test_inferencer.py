"""A photograph through MMagic's own inference API."""

from pathlib import Path

import adacode_mm  # noqa: F401 isort: skip  (before MMagic)
import cv2
import numpy as np
import pytest
import torch
from mmagic.apis import MMagicInferencer
from tiny_stages import TINY, seeded_model, tiny_config, trained_stages

from adacode_mm.checkpoints.safe_load import load_file
from adacode_mm.models.layers.padding import padded_forward

PHOTOS = Path(__file__).parents[1] / 'data' / 'photos'
PHOTO = PHOTOS / 'coffee_odd_131x97.png'


def read(path):
    """RGB picture as (1, 3, H, W) in [0, 1]."""
    bgr = cv2.imread(str(path))
    rgb = np.ascontiguousarray(bgr[..., ::-1])
    return torch.from_numpy(rgb).permute(2, 0, 1)[None] / 255


@pytest.fixture(scope='module')
def checkpoint():
    """What a (very short) training of stage III has written."""
    folder = trained_stages() / 'work_dirs' / 'tiny' / 'stage3_sr_x4'
    return str(folder / 'iter_1.pth')


@torch.no_grad()
def restored(name, checkpoint, image):
    """8-bit RGB by our own means: network, official padding, rounding."""
    model = seeded_model(tiny_config(name)).eval()
    model.load_state_dict(load_file(checkpoint)['state_dict'])
    out = padded_forward(model.generator, image)
    picture = (out.image[0].clamp(0, 1) * 255).permute(1, 2, 0)
    return picture.numpy()


@pytest.mark.parametrize('arguments', [('esrgan',), ()], ids=['name', 'bare'])
def test_super_resolution(checkpoint, tmp_path, arguments):
    config = str(TINY / 'stage3_sr_x4.py')
    path = tmp_path / 'out' / 'restored.png'
    inferencer = MMagicInferencer(
        *arguments,
        model_config=config,
        model_ckpt=checkpoint,
        device=torch.device('cpu'),
    )
    _, returned = inferencer.infer(img=str(PHOTO), result_out_dir=str(path))
    image = read(PHOTO)
    expected = restored('stage3_sr_x4', checkpoint, image)
    assert expected.shape == (97 * 4, 131 * 4, 3)
    assert expected.std() > 5
    written = cv2.imread(str(path))
    assert np.array_equal(written, returned)
    difference = np.abs(written[..., ::-1] - expected)
    assert difference.max() < 1


def test_the_channels_are_not_swapped(checkpoint):
    """The comparison above would see it: the photograph is not grey."""
    image = read(PHOTO)
    right = restored('stage3_sr_x4', checkpoint, image)
    swapped = restored('stage3_sr_x4', checkpoint, image.flip(1))
    assert np.abs(right - swapped[..., ::-1]).max() > 10


def test_inpainting_paints_the_hole_white(tmp_path):
    """MMagic paints it grey; the network was trained with white."""
    model = seeded_model(tiny_config('stage3_inpaint')).eval()
    weights = str(tmp_path / 'inpaint.pth')
    torch.save({'state_dict': model.state_dict(), 'meta': {}}, weights)
    photo = cv2.imread(str(PHOTO))
    hole = np.zeros(photo.shape[:2], bool)
    hole[20:50, 30:70] = True
    mask, painted = str(tmp_path / 'mask.png'), str(tmp_path / 'painted.png')
    cv2.imwrite(mask, hole.astype(np.uint8) * 255)
    cv2.imwrite(painted, np.where(hole[..., None], 255, photo))
    inferencer = MMagicInferencer(
        model_config=str(TINY / 'stage3_inpaint.py'),
        model_ckpt=weights,
        device=torch.device('cpu'),
    )
    _, found = inferencer.infer(img=str(PHOTO), mask=mask)
    expected = restored('stage3_inpaint', weights, read(painted))
    difference = np.abs(found[..., ::-1] - expected)
    assert difference[hole].max() < 1
    assert np.array_equal(found[~hole], photo[~hole])
