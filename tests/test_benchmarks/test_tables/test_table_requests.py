"""Numbers out of range are refused; inputs are kept for other programs."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import adacode_mm  # noqa: F401  # isort: skip  # adapts MMagic: comes first
from adacode_mm.core.exceptions import InputError
from benchmarks.tables import make_table, restored_images
from benchmarks.tables.degraded_inputs import InputOptions, read_sample
from benchmarks.tables.eval_sets import EvalImage, find_sets
from benchmarks.tables.network_model import Restorer


@pytest.fixture(autouse=True)
def no_plots(monkeypatch):
    blank = np.zeros((1, 1, 3), np.uint8)
    monkeypatch.setattr(make_table, 'table_plot', lambda record: blank)


@pytest.mark.parametrize(
    ('arguments', 'sentence'),
    [
        (['--limit', '0'], '--limit must be at least 1, got 0'),
        (['--limit', '-1'], '--limit must be at least 1, got -1'),
        (['--pictures', '-1'], '--pictures must be at least 0, got -1'),
        (['--seed', '-1'], '--seed must be at least 0, got -1'),
        (['--brush-width', '12', '12'], 'below the second, got 12 12'),
        (['--brush-width', '0', '5'], 'at least 1 and below.*, got 0 5'),
    ],
)
def test_numbers_out_of_range(main, data, tmp_path, arguments, sentence):
    paths = ['--data', str(data), '--out', str(tmp_path / 'out')]
    with pytest.raises(InputError, match=sentence):
        main(['inpaint', *paths, '--model', 'telea', *arguments])
    assert not (tmp_path / 'out').exists()


def test_a_slash_after_the_name_of_a_set(data):
    assert find_sets(data, ['Photos/']) == [('Photos', data / 'Photos')]


def samples_of(data, options):
    """Name -> sample of every image of the set."""
    return {
        path.stem: read_sample('Photos', EvalImage(path.stem, path), options)
        for path in (data / 'Photos').iterdir()
    }


def pixels(path: Path):
    return np.array(Image.open(path))


def test_low_resolution_for_other_programs(main, data, tmp_path):
    out = tmp_path / 'out'
    arguments = ['--data', str(data), '--out', str(out), '--metrics']
    arguments += ['--model', 'nearest', '--save-inputs', '--seed', '5']
    main(['sr', *arguments, '--degradation', 'bsrgan'])
    folder = out / 'inputs/sr_x4_bsrgan/Photos/LR_x4'
    samples = samples_of(data, InputOptions('sr', 4, 'bsrgan', 5))
    assert {path.stem for path in folder.iterdir()} == set(samples)
    for name, sample in samples.items():
        assert (pixels(folder / f'{name}.png') == sample.input).all()


def test_holes_for_other_programs(main, data, tmp_path):
    out = tmp_path / 'out'
    arguments = ['--data', str(data), '--out', str(out), '--metrics']
    main(['inpaint', *arguments, '--model', 'white', '--save-inputs'])
    folder = out / 'inputs/inpaint_x1_strokes/Photos'
    samples = samples_of(data, InputOptions('inpaint', source='strokes'))
    for name, sample in samples.items():
        assert (pixels(folder / f'holes/{name}.png') == sample.input).all()
        mask = pixels(folder / f'masks/{name}.png')
        assert (mask == 255 * sample.mask).all()


def test_loading_is_not_counted(main, data, weights, tmp_path, monkeypatch):
    """Seconds of an image are those of the network alone."""
    clock = [0.0]
    load, call = Restorer.from_pretrained, Restorer.__call__

    def slowly(*args, **options):
        clock[0] += 100
        return load(*args, **options)

    def restored(*args, **options):
        clock[0] += 3
        return call(*args, **options)

    monkeypatch.setattr(Restorer, 'from_pretrained', slowly)
    monkeypatch.setattr(Restorer, '__call__', restored)
    monkeypatch.setattr(restored_images.time, 'perf_counter', lambda: clock[0])
    out = tmp_path / 'out'
    arguments = ['--data', str(data), '--out', str(out), '--metrics']
    main(['sr', *arguments, '--model', f'tiny={weights(4)}'])
    lines = (out / 'sr_x4_bicubic.md').read_text().splitlines()
    (line,) = [line for line in lines if line.startswith('| tiny |')]
    assert line.endswith('| 3 |')
