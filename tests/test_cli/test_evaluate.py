"""Scores by the command are those of other programs, or a sentence."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio

from adacode_mm.cli.main import main
from adacode_mm.restoring.restorer import Restorer

PHOTO = Path(__file__).parents[1] / 'data/photos/astronaut_256.png'


def pixels(path):
    with Image.open(path) as image:
        return np.asarray(image)


@pytest.fixture
def pairs(tmp_path, monkeypatch):
    """Two originals of odd size below `hr`, damaged ones below `out`."""
    monkeypatch.chdir(tmp_path)
    for name in ('a', 'sub/b'):
        original = pixels(PHOTO)[:45, :50]
        if name == 'a':
            original = original[:, ::-1]
        noise = np.random.default_rng(len(name)).normal(0, 9, original.shape)
        damaged = np.clip(original + noise, 0, 255)[:44, :48]
        for folder, image in (('hr', original), ('out', damaged)):
            path = tmp_path / folder / f'{name}.png'
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(image.astype(np.uint8)).save(path)
    return tmp_path


def test_scores_of_a_folder(pairs, capsys):
    words = ['--reference', 'hr', '--scale', '4', '--json', 'scores.json']
    words += ['--metrics', 'PSNR', 'GMSD', '--protocol', 'rgb', 'bt601']
    assert main(['evaluate', 'out', *words]) == 0
    record = json.loads((pairs / 'scores.json').read_text())
    assert set(record['images']) == {'a', 'sub/b'}
    expected = {}
    for name in record['images']:
        ours, truth = pixels(f'out/{name}.png'), pixels(f'hr/{name}.png')
        pair = [truth[:44, :48][4:-4, 4:-4], ours[4:-4, 4:-4]]
        expected[name] = peak_signal_noise_ratio(*pair)
        found = record['images'][name]
        assert found['rgb/PSNR'] == pytest.approx(expected[name])
        luma = [x @ [65.481, 128.553, 24.966] / 255 + 16 for x in pair]
        score = peak_signal_noise_ratio(*luma, data_range=255)
        assert found['bt601/PSNR'] == pytest.approx(score, abs=1e-3)
    mean = np.mean(list(expected.values()))
    assert record['means']['rgb/PSNR'] == pytest.approx(mean)
    assert 'rgb/SSIM' not in record['means']
    assert f'{mean:.4f}' in capsys.readouterr().out


def test_scores_of_a_model(pairs, models):
    words = ['--reference', 'hr/a.png', '--model', models['x4']]
    Image.fromarray(pixels('hr/a.png')[:44, :48][::4, ::4]).save('small.png')
    words += ['--json', 'scores.json', '--device', 'cpu', '--protocol', 'rgb']
    assert main(['evaluate', 'small.png', *words]) == 0
    record = json.loads((pairs / 'scores.json').read_text())
    assert record['scale'] == 4
    ours = Restorer.from_pretrained(models['x4'], device='cpu')
    ours = ours(pixels('small.png'))
    pair = [pixels('hr/a.png')[:44, :48][4:-4, 4:-4], ours[4:-4, 4:-4]]
    assert record['images']['small']['rgb/PSNR'] == pytest.approx(
        peak_signal_noise_ratio(*pair)
    )


def test_what_does_not_belong_together(pairs, capsys):
    words = ['evaluate', 'out', '--reference', 'hr']
    assert main(words) == 2  # not of one size without --scale
    error = capsys.readouterr().err
    assert '48x44' in error and '50x45' in error and 'a.png' in error
    assert main([*words, '--metrics', 'PSRN']) == 2
    assert 'PSRN' in capsys.readouterr().err
    (pairs / 'out/sub/b.png').unlink()
    assert main([*words, '--scale', '4']) == 2
    assert 'sub/b' in capsys.readouterr().err
    assert main([*words[:3], 'none']) == 2
    assert 'none' in capsys.readouterr().err


def test_a_metric_without_its_weights_is_told(pairs, monkeypatch, capsys):
    monkeypatch.setenv('TORCH_HOME', str(pairs))
    words = ['--reference', 'hr', '--scale', '4', '--metrics', 'PSNR', 'LPIPS']
    assert main(['evaluate', 'out', *words]) == 1
    out = capsys.readouterr().out
    assert 'alexnet-owt-7be5be79.pth' in out
    assert 'PSNR (bt601) ↑' in out
