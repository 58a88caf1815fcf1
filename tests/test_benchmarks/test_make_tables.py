"""The whole command, with random networks, against direct computation."""

import csv
import json
import math
import shutil

import cv2
import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

import adacode_mm  # noqa: F401  # isort: skip  # adapts MMagic: comes first
from adacode_mm.core.exceptions import InputError
from adacode_mm.restoring.restorer import Restorer
from benchmarks.tables import table as module
from benchmarks.tables.inputs import InputOptions, bicubic, read_sample
from benchmarks.tables.sets import EvalImage


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
        monkeypatch.setattr(module, 'draw_means', lambda record: Figure())


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
    assert cv2.imread(str(sheet)).shape[1] == 4 * 96 + 3 * 8
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
    # A changed image, a changed model.
    picture = data / 'Photos/brick_gray_96.png'
    Image.open(picture).rotate(180).save(picture)
    count, again = restored()
    assert count == 1
    assert means_of(again, 'tiny') != means_of(first, 'tiny')
    shutil.copy(weights(4, seed=5), file)
    count, other = restored()
    assert count == 2
    assert means_of(other, 'tiny') != means_of(again, 'tiny')


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
    assert '1: 16 |' in (out / 'ablation.md').read_text()
    restorer = Restorer.from_pretrained(weights(1, False, 3), device='cpu')
    values = []
    for path in sorted((data / 'Photos').iterdir()):
        truth = np.array(Image.open(path))
        values.append(studio_psnr(restorer(truth), truth, 0))
    found = means_of(record, 'three')['bt601/PSNR']
    assert found == pytest.approx(np.mean(values), abs=1e-4)
    with pytest.raises(InputError, match=' x is a folder'):
        table(main, data, out, 'ablation', '--model', 'x=folder:somewhere')


def test_models_that_cannot_be_compared(main, data, weights, tmp_path):
    out = tmp_path / 'out'

    def refused(sentence, *models):
        arguments = [part for each in models for part in ('--model', each)]
        with pytest.raises(InputError, match=sentence):
            table(main, data, out, 'sr', *arguments)

    refused('sr x4, .* sr x2', weights(2))
    refused('bicubic, bicubic', 'bicubic', 'bicubic')
    refused('none')
    refused("'telea'", 'telea')
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
    (folder / '4.png').unlink()
    assert rows('--protocol', 'paper', '--metrics') == []


def test_results_of_other_programs(main, data, tmp_path):
    """What bicubic makes of x2 is scored as bicubic is."""
    out, results = tmp_path / 'out', tmp_path / 'results/Photos_x2'
    results.mkdir(parents=True)
    paths = sorted((data / 'Photos').iterdir())
    for path in paths:
        image = EvalImage(path.stem, path)
        sample = read_sample('Photos', image, InputOptions('sr', 2))
        result = bicubic(sample.input, *sample.truth.shape[:2])
        color = Image.fromarray(result).convert('RGB')
        color.save(results / f'{path.stem}.bmp')
    arguments = ('sr', '--scale', '2', '--metrics', '--model', 'bicubic')
    arguments += (
        '--model',
        f'other=folder:{results.parent}/{{set}}_x{{scale}}',
    )
    first, other = table(main, data, out, *arguments)['rows']
    assert other['images'] == first['images']  # the grey one, too
    assert other['seconds'] is None
    path = results / 'coffee_odd_131x97.bmp'
    Image.open(path).resize((131, 97)).save(path)
    with pytest.raises(InputError, match='130x96, got 131x97'):
        table(main, data, out, *arguments)
    path.unlink()
    with pytest.raises(InputError, match='coffee_odd_131x97'):
        table(main, data, out, *arguments)


def test_inputs_for_other_programs(main, data, tmp_path):
    def saved(folder, name):
        return np.array(Image.open(tmp_path / 'out/inputs' / folder / name))

    more = ('--metrics', '--save-inputs', '--seed', '5', '--model')
    for kind, model, options in (
        ('sr', 'nearest', InputOptions('sr', 4, 'bicubic', 5)),
        ('inpaint', 'white', InputOptions('inpaint', 1, 'strokes', 5)),
    ):
        shutil.rmtree(tmp_path / 'out', ignore_errors=True)
        table(main, data, tmp_path / 'out', kind, *more, model)
        for path in (data / 'Photos').iterdir():
            image = EvalImage(path.stem, path)
            sample = read_sample('Photos', image, options)
            if kind == 'sr':
                found = saved('sr_x4_bicubic/Photos/LR_x4', path.name)
                assert (found == sample.input).all()
                continue
            place = 'inpaint_x1_strokes/Photos'
            found = saved(f'{place}/holes', path.name)
            assert (found == sample.input).all()
            mask = saved(f'{place}/masks', path.name)
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
    monkeypatch.setattr(module.time, 'perf_counter', lambda: clock[0])
    arguments = ('sr', '--metrics', '--model', f'tiny={weights(4)}')
    record = table(main, data, tmp_path / 'out', *arguments)
    assert record['rows'][0]['seconds'] == 3
