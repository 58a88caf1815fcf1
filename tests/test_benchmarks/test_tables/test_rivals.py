"""Other methods: by result images, or by MMagic's configs."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import adacode_mm  # noqa: F401  # isort: skip  # adapts MMagic: comes first
from mmagic.models.base_models import OneStageInpaintor
from mmagic.models.editors.pconv import PConvInpaintor
from mmengine.config import Config

from adacode_mm.checkpoints.model_file import open_model
from adacode_mm.core.exceptions import CheckpointError, InputError
from adacode_mm.registry import MODELS
from adacode_mm.restoring.restorer import Restorer
from benchmarks.tables import make_table
from benchmarks.tables.degraded_inputs import (
    InputOptions,
    bicubic,
    read_sample,
)
from benchmarks.tables.eval_sets import EvalImage
from benchmarks.tables.mmagic_batch import mmagic_batch
from benchmarks.tables.mmagic_model import MMagicModel


@pytest.fixture(autouse=True)
def no_plots(monkeypatch):
    blank = np.zeros((1, 1, 3), np.uint8)
    monkeypatch.setattr(make_table, 'table_plot', lambda record: blank)


@pytest.fixture
def results(data, tmp_path):
    """What bicubic makes of x2, as if another program had written it."""
    folder = tmp_path / 'results/Photos_x2'
    folder.mkdir(parents=True)
    options = InputOptions('sr', 2)
    for path in (data / 'Photos').iterdir():
        sample = read_sample('Photos', EvalImage(path.stem, path), options)
        result = bicubic(sample.input, *sample.truth.shape[:2])
        Image.fromarray(result).convert('RGB').save(
            folder / f'{path.stem}.bmp'
        )
    return folder


def run(main, data, out, folder):
    main(
        [
            *('sr', '--scale', '2', '--data', str(data), '--out', str(out)),
            *('--model', 'bicubic', '--model', f'other=folder:{folder}'),
            *('--metrics', '--protocol', 'rgb'),
        ]
    )
    return json.loads((out / 'sr_x2_bicubic.json').read_text())


def test_results_are_scored_by_the_same_code(main, data, results, tmp_path):
    place = results.parent / '{set}_x{scale}'
    record = run(main, data, tmp_path / 'out', place)
    first, other = record['rows']
    # The grey image, too, though its result is in colour.
    assert other['images'] == first['images']
    assert other['seconds'] is None
    # A changed result is scored anew.
    path = results / 'brick_gray_96.bmp'
    Image.open(path).rotate(180).save(path)
    changed = run(main, data, tmp_path / 'out', place)['rows'][1]['images']
    name = 'coffee_odd_131x97'
    assert changed[name] == first['images'][name]
    assert changed['brick_gray_96'] != first['images']['brick_gray_96']


def test_what_does_not_fit_is_refused_at_once(main, data, results, tmp_path):
    out = tmp_path / 'out'
    path = results / 'coffee_odd_131x97.bmp'

    def refused(sentence, folder=results):
        with pytest.raises(InputError, match=sentence):
            run(main, data, out, folder)

    Image.open(path).resize((131, 97)).save(path)
    refused(r'coffee_odd_131x97 is 131x97, not 130x96: they cannot be')
    path.write_bytes(path.read_bytes()[:900])
    refused(r'coffee_odd_131x97\.bmp: ')
    path.unlink()
    refused(r'2 images of Photos, but 1 are missing: coffee_odd_131x97')
    refused('"{set}" in the path stands for', tmp_path / 'nowhere')
    assert not out.exists()


ROOT = Path(__file__).parents[3]
CONFIG = 'configs/adacode/tiny/stage3_sr_x4.py'


def sample_of(name, data, scale=4):
    image = EvalImage(name, data / f'Photos/{name}.png')
    return read_sample('Photos', image, InputOptions('sr', scale))


def test_a_config_gives_what_the_restorer_gives(data, tmp_path):
    config = str(ROOT / CONFIG)
    torch.manual_seed(0)
    net = MODELS.build(Config.fromfile(config).model.generator)
    file = tmp_path / 'weights.pth'
    state = {f'generator.{k}': v for k, v in net.state_dict().items()}
    torch.save({'state_dict': state}, file)
    model = MMagicModel('x', (config, str(file)), InputOptions('sr', 4), 'cpu')
    model.check()
    assert model.details()['architecture'] == 'adacode_mm.CodebookEditor'
    net, info = open_model(file, Config.fromfile(config).model.generator)
    restorer = Restorer(net, info, device='cpu')
    color = sample_of('coffee_odd_131x97', data)
    found, expected = model.restore(color), restorer(color.input)
    difference = np.abs(np.int16(found) - expected)
    assert difference.max() <= 1
    assert difference.mean() < 0.01
    assert expected.std() > 1
    gray = sample_of('brick_gray_96', data)
    assert model.restore(gray).shape == gray.truth.shape


def test_weights_have_to_fit(tmp_path, data):
    options = InputOptions('sr', 4)
    file = tmp_path / 'other.pth'
    torch.save({'state_dict': {'generator.conv.weight': torch.ones(2)}}, file)
    files = str(ROOT / CONFIG), str(file)
    with pytest.raises(CheckpointError, match=r'conv\.weight'):
        MMagicModel('x', files, options).check()


def test_inpainting_by_mmagic_gets_white_holes(tmp_path, data):
    """The network sees holes as ours do, whatever MMagic paints."""
    config = str(ROOT / 'configs/adacode/tiny/stage3_inpaint.py')
    torch.manual_seed(0)
    net = MODELS.build(Config.fromfile(config).model.generator)
    file = tmp_path / 'weights.pth'
    state = {f'generator.{k}': v for k, v in net.state_dict().items()}
    torch.save({'state_dict': state}, file)
    options = InputOptions('inpaint', source='strokes', brush_width=(6, 12))
    image = EvalImage('a', data / 'Photos/coffee_odd_131x97.png')
    sample = read_sample('Photos', image, options)
    files = config, str(file)
    found = MMagicModel('x', files, options, 'cpu', False).restore(sample)
    composed = MMagicModel('x', files, options, 'cpu').restore(sample)
    assert (composed[sample.mask] == found[sample.mask]).all()
    known = ~sample.mask
    assert (composed[known] == sample.truth[known]).all()
    assert (found[known] != sample.truth[known]).mean() > 0.5
    net, info = open_model(file, Config.fromfile(config).model.generator)
    restorer = Restorer(net, info, device='cpu', composite=False)
    expected = restorer(sample.truth, sample.mask)
    assert np.abs(np.int16(found) - expected).mean() < 0.01


def test_inpaintors_of_mmagic_get_grey_holes_and_whole_blocks(data):
    """As its own `GetMaskedImage`, and as their three halvings need it."""
    options = InputOptions('inpaint', source='strokes', brush_width=(6, 12))
    image = EvalImage('a', data / 'Photos/coffee_odd_131x97.png')
    sample = read_sample('Photos', image, options)
    batch = mmagic_batch(sample, OneStageInpaintor.__new__(OneStageInpaintor))
    (inputs,), (info,) = batch['inputs'], batch['data_samples']
    assert inputs.shape == (3, 104, 136)
    assert info.mask.shape == (1, 104, 136)
    found = inputs[:, :97, :131].flip(0).permute(1, 2, 0).numpy()
    assert (found[sample.mask] == 127.5).all()
    assert (found[~sample.mask] == sample.truth[~sample.mask]).all()
    mask = info.mask[0].numpy()
    assert (mask[:97, :131] == sample.mask).all()
    # Continued as in a mirror, holes with it.
    assert (mask[97:, :131] == mask[96:89:-1, :131]).all()
    pconv = mmagic_batch(sample, PConvInpaintor.__new__(PConvInpaintor))
    assert pconv['inputs'][0].shape == (3, 128, 256)
    ours = mmagic_batch(sample, torch.nn.Identity())
    expected = torch.from_numpy(sample.input[..., ::-1].copy())
    assert (ours['inputs'][0] == expected.permute(2, 0, 1)).all()


@pytest.fixture
def enlarging(tmp_path):
    """Factor -> a model of MMagic's own, with random weights."""

    def make(factor):
        generator = {
            'type': 'MSRResNet',
            'in_channels': 3,
            'out_channels': 3,
            'mid_channels': 4,
            'num_blocks': 1,
            'upscale_factor': factor,
        }
        config = tmp_path / f'x{factor}.py'
        pixel_loss = {'type': 'L1Loss'}
        model = {'type': 'BaseEditModel', 'generator': generator}
        preprocessor = {
            'type': 'DataPreprocessor',
            'mean': [0.0, 0.0, 0.0],
            'std': [255.0, 255.0, 255.0],
        }
        model |= {'data_preprocessor': preprocessor, 'pixel_loss': pixel_loss}
        config.write_text(f'model = {model}')
        net = MODELS.build(generator)
        state = {f'generator.{k}': v for k, v in net.state_dict().items()}
        torch.save({'state_dict': state}, tmp_path / f'x{factor}.pth')
        return f'{config}::{tmp_path / f"x{factor}.pth"}'

    return make


def test_another_scale_is_refused_at_once(main, data, enlarging, tmp_path):
    out = tmp_path / 'out'
    arguments = ['sr', '--data', str(data), '--out', str(out), '--metrics']
    arguments += ['--device', 'cpu', '--scale', '2', '--model']
    with pytest.raises(InputError, match=r'ground truth, 64x64 .*128x128'):
        main([*arguments, f'wrong={enlarging(4)}'])
    assert not out.exists()
    assert main([*arguments, f'right={enlarging(2)}']) == 0
    record = json.loads((out / 'sr_x2_bicubic.json').read_text())
    # It adds its residual to bilinear enlarging.
    assert record['rows'][0]['means']['bt601/PSNR'] > 15


def test_a_failure_names_the_model_and_the_image(data, enlarging, monkeypatch):
    files = tuple(enlarging(4).split('::'))
    model = MMagicModel('x', files, InputOptions('sr', 4), 'cpu')

    def fails(data):
        raise RuntimeError('sizes must match (3 vs 4)\nmore lines')

    model.open()
    monkeypatch.setattr(model._editors, 'test_step', fails)
    sentence = (
        r'x must take images of 32x24 \(Photos coffee_odd_131x97\), but it '
        r'fails: sizes must match \(3 vs 4\)\.$'
    )
    with pytest.raises(InputError, match=sentence):
        model.restore(sample_of('coffee_odd_131x97', data))


def test_files_that_are_no_configs(tmp_path):
    for name, content in (('a.md', '# A'), ('a.py', 'model = (')):
        (tmp_path / name).write_text(content)
        files = str(tmp_path / name), 'none.pth'
        with pytest.raises(InputError, match=f'{name} must be a config'):
            MMagicModel('x', files, InputOptions('sr', 4)).check()
