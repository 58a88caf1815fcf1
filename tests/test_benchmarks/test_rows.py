"""Rows of tables that neither OpenCV nor this package computes."""

import numpy as np
import pytest
from PIL import Image

import adacode_mm  # noqa: F401  # isort: skip  # adapts MMagic: comes first
from adacode_mm.core.exceptions import CheckpointError, InputError
from adacode_mm.restoring.restorer import Restorer
from benchmarks.tables.inputs import InputOptions, read_sample
from benchmarks.tables.models import parse_model
from benchmarks.tables.sets import EvalImage


@pytest.fixture
def sample(data):
    path = data / 'Photos/coffee_odd_131x97.png'
    sample = read_sample(
        'Photos', EvalImage(path.stem, path), InputOptions('sr', 4)
    )
    return sample._replace(
        truth=sample.truth[:80, :96], input=sample.input[:20, :24]
    )


def test_realesrgan_enlarges_what_it_gets(sample):
    pytest.importorskip('ncnn', reason='needs the extra "lab"')
    model = parse_model('rival=realesrgan-x4plus', InputOptions('sr', 4), {})
    model.check([])
    model.open()
    result = model.restore(sample)
    assert result.shape == sample.truth.shape
    small = result.reshape(20, 4, 24, 4, 3).mean((1, 3))
    assert np.abs(small - sample.input).mean() < 6
    # Flat where a bicubic filter is soft: edges are steeper.
    steps = [
        np.abs(np.diff(x.astype(int), axis=1))
        for x in (result, _of('bicubic', sample))
    ]
    assert np.percentile(steps[0], 99) > 1.1 * np.percentile(steps[1], 99)
    with pytest.raises(InputError, match='x2'):
        parse_model('realesrgan-x4plus', InputOptions('sr', 2), {}).check([])


def _of(name, sample):
    return parse_model(name, InputOptions('sr', 4), {}).restore(sample)


def test_lanczos_is_pillows(sample):
    found = _of('lanczos', sample)
    image = Image.fromarray(sample.input).resize((96, 80), Image.LANCZOS)
    assert np.array_equal(found, np.asarray(image))
    gray = sample._replace(
        truth=sample.truth[..., 0], input=sample.input[..., 0].copy()
    )
    assert _of('lanczos', gray).shape == gray.truth.shape


def test_a_fidelity_behind_a_name(sample):
    options = InputOptions('sr', 4)
    model = parse_model('adacode-tiny-x4@0.5', options, {'device': 'cpu'})
    model.check([])
    model.open()
    assert model.label == 'adacode-tiny-x4@0.5'
    assert model.facts['options'] == {'fidelity': '0.5'}
    restorer = Restorer.from_pretrained(
        'adacode-tiny-x4', device='cpu', fidelity=0.5
    )
    expected = restorer(sample.input)
    assert np.array_equal(model.restore(sample), expected)
    restorer.fidelity = None
    assert np.abs(restorer(sample.input).astype(int) - expected).mean() > 1
    with pytest.raises(CheckpointError):
        parse_model('adacode-tiny-x4@much', options, {})
