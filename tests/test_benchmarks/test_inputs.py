"""Inputs of the models: the same for any subset, order and model."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import adacode_mm  # noqa: F401  # isort: skip  # adapts MMagic: comes first
from adacode_mm.core.exceptions import InputError
from adacode_mm.data.preparation.seeds import generator_of
from adacode_mm.data.transforms.degradations.bsrgan import degrade_bsrgan
from benchmarks.tables.inputs import (
    InputOptions,
    bicubic,
    read_sample,
)
from benchmarks.tables.sets import EvalImage

PHOTOS = Path(__file__).parents[1] / 'data/photos'
ODD = EvalImage('coffee', PHOTOS / 'coffee_odd_131x97.png')
GRAY = EvalImage('brick', PHOTOS / 'brick_gray_96.png')


def test_bsrgan_depends_on_names_and_seed_alone():
    options = InputOptions('sr', 4, 'bsrgan', seed=3)
    first = read_sample('S', ODD, options)
    np.random.seed(5)
    read_sample('S', GRAY, options)
    again = read_sample('S', ODD, options)
    assert (first.input == again.input).all()
    truth = np.array(Image.open(ODD.truth))[:96, :128]
    assert (first.truth == truth).all()
    expected = degrade_bsrgan(
        truth / np.float32(255), 4, generator_of('S/coffee', 3)
    )
    assert (first.input == np.rint(expected * 255)).all()
    others = [
        read_sample('S', ODD, options._replace(seed=4)),
        read_sample('T', ODD, options),
        read_sample('S', ODD._replace(name='tea'), options),
    ]
    for other in others:
        assert (first.input != other.input).mean() > 0.5


@pytest.mark.parametrize('source', ['bicubic', 'bsrgan'])
def test_grey_stays_grey(source):
    sample = read_sample('S', GRAY, InputOptions('sr', 2, source))
    assert sample.truth.shape == (96, 96)
    assert sample.input.shape == (48, 48)
    # Degraded, but the same picture.
    small = bicubic(sample.truth, 48, 48)
    assert np.abs(small - np.float32(sample.input)).mean() < 25


def test_bicubic_is_that_of_matlab():
    sample = read_sample('S', ODD, InputOptions('sr', 4, 'bicubic'))
    assert sample.input.shape == (24, 32, 3)
    # Keys' cubic with a = -1/2, four times as wide, at 16 pixels' centres.
    x = np.abs(np.arange(16) - 7.5) / 4
    near = 1 - 2.5 * x**2 + 1.5 * x**3
    far = 2 - 4 * x + 2.5 * x**2 - 0.5 * x**3
    weights = np.where(x < 1, near, far)
    weights /= weights.sum()
    top, left = 4 * 10 - 6, 4 * 12 - 6
    part = np.float64(sample.truth)[top : top + 16, left : left + 16]
    value = np.einsum('i,j,ijc->c', weights, weights, part)
    assert np.abs(value - sample.input[10, 12]).max() <= 0.5


def test_strokes():
    options = InputOptions('inpaint', source='strokes', brush_width=(5, 9))
    sample = read_sample('S', ODD, options)
    assert (sample.input[sample.mask] == 255).all()
    known = ~sample.mask
    assert (sample.input[known] == sample.truth[known]).all()
    assert 0.01 < sample.mask.mean() < 0.5
    again = read_sample('S', ODD, options)
    assert (again.mask == sample.mask).all()
    other = read_sample('S', ODD, options._replace(seed=1))
    assert (other.mask != sample.mask).any()


def test_given_masks(tmp_path):
    mask = np.zeros((97, 131), np.uint8)
    mask[10:20, 30:50] = 255
    Image.fromarray(mask).save(tmp_path / 'coffee.png')
    image = ODD._replace(given=tmp_path / 'coffee.png')
    options = InputOptions('inpaint', source='given')
    assert (read_sample('S', image, options).mask == (mask > 0)).all()


def test_strokes_need_a_width():
    options = InputOptions('inpaint', source='strokes', brush_width=(12, 12))
    with pytest.raises(InputError, match='12 12'):
        read_sample('S', ODD, options)
