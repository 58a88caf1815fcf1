"""The whole command, with random networks, against direct computation."""

import csv
import json
import math
import shutil

import cv2
import numpy as np
import pytest
from PIL import Image

import adacode_mm  # noqa: F401  # isort: skip  # adapts MMagic: comes first
from adacode_mm.core.exceptions import InputError
from adacode_mm.restoring.restorer import Restorer
from benchmarks.tables import make_table
from benchmarks.tables.degraded_inputs import (
    InputOptions,
    bicubic,
    read_sample,
)
from benchmarks.tables.eval_sets import EvalImage


def table(main, data, out, *arguments):
    """Run the command; what it has written as JSON."""
    kind, *rest = map(str, arguments)
    code = main(
        [
            kind,
            '--data',
            str(data),
            '--out',
            str(out),
            '--device',
            'cpu',
            *rest,
        ]
    )
    assert code == 0
    (path,) = out.glob('*.json')
    return json.loads(path.read_text())


def studio_psnr(a, b, border):
    """PSNR of unrounded BT.601 luma; of grey images as they are."""
    planes = [
        np.float64(x)
        if x.ndim == 2
        else x @ np.float64([65.481, 128.553, 24.966]) / 255 + 16
        for x in (a, b)
    ]
    if border:
        planes = [x[border:-border, border:-border] for x in planes]
    return 10 * math.log10(255**2 / np.square(planes[0] - planes[1]).mean())


def means_of(record, model, set_name='Photos'):
    (row,) = [
        row
        for row in record['rows']
        if (row['set'], row['model']) == (set_name, model)
    ]
    return row['means']


@pytest.fixture(autouse=True)
def fewer_plots(request, monkeypatch):
    """A plot takes longer than a table: one test looks at it."""
    if request.node.name != 'test_super_resolution':
        blank = np.zeros((1, 1, 3), np.uint8)
        monkeypatch.setattr(make_table, 'table_plot', lambda record: blank)


@pytest.fixture
def truths(data):
    """Name -> ground truth, cut to multiples of 4."""
    found = {}
    for path in sorted((data / 'Photos').iterdir()):
        image = np.array(Image.open(path))
        height, width = (side // 4 * 4 for side in image.shape[:2])
        found[path.stem] = image[:height, :width]
    return found


def test_super_resolution(main, data, weights, truths, tmp_path):
    file = weights(4)
    record = table(
        main,
        data,
        tmp_path / 'out',
        *('sr', '--model', 'bicubic', '--model', f'tiny={file}'),
        *('--metrics', 'LPIPS', '--pictures', '1', '--seed', '7'),
        *('--record', tmp_path / 'records'),
    )
    restorer = Restorer.from_pretrained(file, device='cpu')
    expected = {'bicubic': [], 'tiny': []}
    for truth in truths.values():
        height, width = truth.shape[:2]
        small = bicubic(truth, height // 4, width // 4)
        results = bicubic(small, height, width), restorer(small)
        for name, result in zip(expected, results, strict=True):
            assert result.shape == truth.shape  # grey ones, too
            expected[name].append(studio_psnr(result, truth, 4))
    for name, values in expected.items():
        found = means_of(record, name)
        assert found['bt601/PSNR'] == pytest.approx(np.mean(values), abs=1e-4)
        row = record['rows'][list(expected).index(name)]
        assert [x['bt601/PSNR'] for x in row['images'].values()] == (
            pytest.approx(values, abs=1e-4)
        )
        deviation = np.std(values, ddof=1)
        assert row['deviations']['bt601/PSNR'] == pytest.approx(
            deviation, 1e-4
        )
    assert record['seed'] == 7
    assert '--seed 7' in record['command']
    assert record['machine']
    assert 'commit' in record
    assert record['paper'] == []
    # Not there, since tests have no weights of AlexNet.
    assert 'alexnet' in record['missing']['LPIPS']
    assert 'LPIPS' not in found

    kept = tmp_path / 'records/sr_x4_bicubic.json'
    assert json.loads(kept.read_text()) == record
    out = tmp_path / 'out'
    text = (out / 'sr_x4_bicubic.md').read_text()
    assert f'{np.mean(expected["bicubic"]):.3f}' in text
    assert '- Missing: LPIPS. alexnet' in text
    text = (out / 'sr_x4_bicubic_images.csv').read_text()
    rows = list(csv.DictReader(text.splitlines()))
    assert len(rows) == 4
    assert float(rows[0]['bt601/PSNR']) == pytest.approx(
        expected['bicubic'][0], abs=1e-4
    )
    (sheet,) = (out / 'pictures').iterdir()
    # Input, two models and the truth: nobody's pixels are resized.
    assert cv2.imread(str(sheet)).shape[1] == 4 * (96 + 8) + 8
    assert cv2.imread(str(out / 'sr_x4_bicubic.png')).std() > 5


@pytest.fixture
def counted(monkeypatch):
    """Counts how often a network restores an image."""
    calls = []
    call = Restorer.__call__

    def counting(self, image, *rest, **options):
        calls.append(image)
        return call(self, image, *rest, **options)

    monkeypatch.setattr(Restorer, '__call__', counting)
    return calls


def test_only_what_is_not_finished_is_computed(
    main, data, weights, tmp_path, counted
):
    file = tmp_path / 'model.safetensors'
    shutil.copy(weights(4), file)
    out = tmp_path / 'out'
    arguments = ('sr', '--model', f'tiny={file}', '--metrics')

    def restored():
        del counted[:]
        record = table(main, data, out, *arguments)
        return len(counted), record

    count, first = restored()
    assert count == 2
    count, again = restored()
    assert count == 0
    assert again['rows'] == first['rows']
    # A changed result, a changed image, a changed model.
    (changed,) = (out / 'restored').rglob('brick_gray_96.png')
    Image.open(changed).rotate(180).save(changed)
    count, again = restored()
    assert count == 1
    assert means_of(again, 'tiny') == means_of(first, 'tiny')
    picture = data / 'Photos/brick_gray_96.png'
    Image.open(picture).rotate(180).save(picture)
    count, again = restored()
    assert count == 1
    assert means_of(again, 'tiny') != means_of(first, 'tiny')
    shutil.copy(weights(4, seed=5), file)
    count, other = restored()
    assert count == 2
    assert means_of(other, 'tiny') != means_of(again, 'tiny')
    arguments += ('--degradation', 'bsrgan')
    assert (
        main(
            [
                arguments[0],
                '--data',
                str(data),
                '--out',
                str(out),
                *arguments[1:],
                '--limit',
                '1',
            ]
        )
        == 0
    )
    assert len(counted) == 3
    name = 'sr_x4_bsrgan_first1'
    text = (out / f'{name}.md').read_text()
    assert 'only the first 1 images: a quick look' in text


def test_an_interrupted_run_goes_on(
    main, data, weights, tmp_path, counted, monkeypatch
):
    call = Restorer.__call__

    def interrupted(self, image, *rest, **options):
        if len(counted) == 1:
            raise KeyboardInterrupt
        return call(self, image, *rest, **options)

    arguments = ('sr', '--model', f'tiny={weights(4)}', '--metrics')
    with monkeypatch.context() as patch:
        patch.setattr(Restorer, '__call__', interrupted)
        with pytest.raises(KeyboardInterrupt):
            table(main, data, tmp_path / 'out', *arguments)
    del counted[:]
    record = table(main, data, tmp_path / 'out', *arguments)
    assert len(counted) == 1
    whole = table(main, data, tmp_path / 'other', *arguments)
    assert means_of(record, 'tiny') == means_of(whole, 'tiny')


def test_inpainting(main, data, weights, tmp_path, truths):
    record = table(
        main,
        data,
        tmp_path / 'out',
        *('inpaint', '--model', 'white', '--model', 'mean'),
        *('--model', 'telea', '--model', 'navier-stokes'),
        *('--model', 'harmonic'),
        *('--model', f'tiny={weights(1)}', '--protocol', 'rgb'),
        *('--metrics', 'Hole-PSNR', '--brush-width', '6', '12'),
    )
    options = InputOptions('inpaint', source='strokes', brush_width=(6, 12))
    whole, holes, shares = [], [], []
    for name in truths:
        image = EvalImage(name, data / f'Photos/{name}.png')
        sample = read_sample('Photos', image, options)
        mask = np.uint8(sample.mask)
        filled = cv2.inpaint(sample.input, mask, 3, cv2.INPAINT_TELEA)
        error = np.square(np.float64(filled) - sample.truth)
        whole.append(10 * math.log10(255**2 / error.mean()))
        inside = error[sample.mask].mean()
        holes.append(10 * math.log10(255**2 / inside))
        shares.append(mask.mean())
    means = means_of(record, 'telea')
    assert means['rgb/PSNR'] == pytest.approx(np.mean(whole), abs=1e-4)
    assert means['rgb/Hole-PSNR'] == pytest.approx(np.mean(holes), abs=1e-4)
    (found,) = record['sets']
    assert found['hole_share'] == pytest.approx(np.mean(shares))
    order = ['white', 'mean', 'telea', 'harmonic']
    scores = [means_of(record, name)['rgb/Hole-PSNR'] for name in order]
    assert scores == sorted(scores)
    # The known pixels are kept, so that both scores tell the same.
    row = record['rows'][-1]
    for share, each in zip(shares, row['images'].values(), strict=True):
        expected = each['rgb/Hole-PSNR'] - 10 * math.log10(share)
        assert each['rgb/PSNR'] == pytest.approx(expected, abs=1e-3)


def test_ablation_is_ordered_by_codebooks(main, data, weights, tmp_path):
    models = [
        f'{name}={weights(1, False, count)}'
        for name, count in (('three', 3), ('one', 1), ('two', 2))
    ]
    arguments = [part for each in models for part in ('--model', each)]
    out = tmp_path / 'out'
    record = table(main, data, out, 'ablation', *arguments, '--metrics')
    assert [row['model'] for row in record['rows']] == ['one', 'two', 'three']
    books = {k: each['codebooks'] for k, each in record['models'].items()}
    assert books == {'one': [16], 'two': [16, 16], 'three': [16, 16, 16]}
    assert '| one | 1: 16 |' in (out / 'ablation.md').read_text()
    restorer = Restorer.from_pretrained(weights(1, False, 3), device='cpu')
    values = []
    for path in sorted((data / 'Photos').iterdir()):
        truth = np.array(Image.open(path))
        values.append(studio_psnr(restorer(truth), truth, 0))
    found = means_of(record, 'three')['bt601/PSNR']
    assert found == pytest.approx(np.mean(values), abs=1e-4)
    with pytest.raises(InputError, match='counts the codebooks of networks'):
        table(main, data, out, 'ablation', '--model', 'x=folder:somewhere')


def test_models_that_cannot_be_compared(main, data, weights, tmp_path):
    out = tmp_path / 'out'

    def refused(sentence, *models):
        arguments = [part for each in models for part in ('--model', each)]
        with pytest.raises(InputError, match=sentence):
            table(main, data, out, 'sr', *arguments)

    refused('must be a model for sr x4, but .* is for sr x2', weights(2))
    refused('different labels, got bicubic, bicubic', 'bicubic', 'bicubic')
    refused('different labels, got none')
    refused("got 'telea': check the path", 'telea')
    refused('needs the config none.py', 'a=none.py::none.pth')
    config = 'configs/adacode/tiny/stage3_sr_x4.py'
    refused('needs the weights none.pth', f'a={config}::none.pth')
    assert not (out / 'restored').exists()


def test_sets_of_the_paper(main, data, tmp_path, weights):
    """Its figures stand beside its own sets, complete and by its protocol."""
    photos = sorted((data / 'Photos').iterdir())
    folder = data / 'Set5'
    folder.mkdir()
    for number in range(5):
        shutil.copy(photos[number % 2], folder / f'{number}.png')
    arguments = ('sr', '--model', 'nearest')

    def rows(*more):
        shutil.rmtree(tmp_path / 'out', ignore_errors=True)
        record = table(main, data, tmp_path / 'out', *arguments, *more)
        return [(row['set'], row['means']) for row in record['paper']]

    x4 = {'paper/PSNR': 25.868, 'paper/SSIM': 0.7731}
    assert rows('--protocol', 'paper', 'bt601', '--metrics') == [('Set5', x4)]
    x2 = rows('--scale', '2', '--metrics', 'LPIPS')
    assert x2 == [('Set5', {'LPIPS': 0.0844})]
    assert rows('--protocol', 'bt601', '--metrics') == []
    assert rows('--protocol', 'paper', '--metrics', '--limit', '2') == []
    text = (tmp_path / 'out/sr_x4_bicubic_first2.md').read_text()
    assert 'paper, table 2' not in text
    (folder / '4.png').unlink()
    assert rows('--protocol', 'paper', '--metrics') == []
