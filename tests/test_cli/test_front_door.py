"""What a newcomer types first: no -o, any size, no word, and the list."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from cropped_photo import photo
from PIL import Image

from adacode_mm.checkpoints.pretrained import PRETRAINED
from adacode_mm.cli.main import main
from adacode_mm.images.picture import Picture
from adacode_mm.images.resample import resampled


def size(path):
    with Image.open(path) as image:
        return image.size


@pytest.fixture
def words(photos, models):
    """`adacode sr` of one image by a small x2 network."""
    return ['sr', 'in/0.png', '--model', models['x2'], '--device', 'cpu']


def test_results_lie_beside_their_images_and_replace_nothing(words, capsys):
    given = size('in/0.png')
    assert main([*words, '-i', 'in/1.png', '--scale', '2']) == 0
    assert size('in/0_x2.png') == tuple(2 * n for n in given)
    assert 'in/0_x2.png, in/1_x2.png' in capsys.readouterr().out
    with open('in/0_x2.png', 'rb') as file:
        before = file.read()
    assert main([*words, '--scale', '2']) == 1
    with open('in/0_x2.png', 'rb') as file:
        assert file.read() == before
    assert main([*words, '--scale', '2', '--overwrite']) == 0


def test_a_folder_needs_a_place_for_its_results(words, capsys):
    words[1] = 'in'
    assert main(words) == 2
    assert '-o' in capsys.readouterr().err


@pytest.mark.parametrize('out', ['large.png', 'large', None])
def test_a_pipe_is_named_and_leaves_nothing_behind(words, out, capsys):
    os.mkfifo('in/p.png')
    words[1] = 'in/p.png'
    before = sorted(Path().rglob('*'))
    assert main([*words, *(['-o', out] if out else [])]) == 1
    assert 'in/p.png' in capsys.readouterr().out
    assert sorted(Path().rglob('*')) == before


@pytest.mark.parametrize(
    ('options', 'name', 'factor'),
    [
        (['--scale', '1.5'], '0_x1.5.png', 1.5),
        (['--scale', '3'], '0_x3.png', 3),
        (['--width', '99'], '0_99w.png', None),
    ],
)
def test_any_size(words, options, name, factor):
    width, height = size('in/0.png')
    factor = factor or 99 / width
    assert main([*words, *options]) == 0
    expected = round(width * factor), round(height * factor)
    assert size(f'in/{name}') == expected
    assert main([*words, '-o', 'two.png']) == 0
    with Image.open('two.png') as two, Image.open(f'in/{name}') as found:
        known = np.asarray(two.resize(expected, Image.Resampling.LANCZOS))
        off = np.abs(np.asarray(found, int) - known)
    # That of Pillow clips and rounds between its two passes.
    assert off.mean() < 0.6
    assert off.max() < 12


@pytest.mark.parametrize('scale', ['0.5', '17', 'nan', 'large'])
def test_a_scale_that_cannot_be(words, scale, capsys):
    with pytest.raises(SystemExit) as ended:
        main([*words, '--scale', scale])
    assert ended.value.code == 2
    assert repr(scale) in capsys.readouterr().err


def test_quiet_says_only_what_went_wrong(words, capsys):
    assert main([*words, '-o', 'one.png', '--quiet']) == 0
    assert capsys.readouterr() == ('', '')
    photo(0, (1, 1)).save('in/1.png')
    words[1] = 'in/1.png'
    assert main([*words, '-o', 'two.png', '--quiet']) == 1
    assert 'in/1.png' in capsys.readouterr().out


def test_transparency_keeps_hidden_colours_out():
    pixels = np.zeros((8, 8, 3), np.float32)
    pixels[:, :4] = 1.0
    alpha = np.zeros((8, 8), np.float32)
    alpha[:, :4] = 1.0
    small = resampled(Picture(pixels, alpha), (3, 3))
    seen = small.alpha > 0.01
    assert seen.any()
    np.testing.assert_allclose(small.pixels[seen], 1.0, atol=1e-3)


def test_the_list_names_every_model(capsys):
    assert main(['models']) == 0
    lines = capsys.readouterr().out.splitlines()
    for name, entry in PRETRAINED.items():
        line = next(each for each in lines if each.split()[:1] == [name])
        assert line.split()[1:3] == [entry.task, f'x{entry.scale}']


TABLES = Path(__file__).parents[2] / 'benchmarks/records/tables'


@pytest.mark.parametrize(
    ('name', 'given', 'table', 'metric'),
    [
        ('adacode-tiny-x4', 'clean', 'sr_x4_bicubic', 'PSNR'),
        ('adacode-tiny-x4', 'degraded', 'sr_x4_bsrgan', 'PSNR'),
        ('adacode-tiny-x2', 'clean', 'sr_x2_bicubic', 'PSNR'),
        ('adacode-tiny-x2', 'degraded', 'sr_x2_bsrgan', 'PSNR'),
        ('adacode-tiny-inpaint', 'holes', 'inpaint_strokes', 'Hole-PSNR'),
    ],
)
def test_scores_are_those_of_the_records(name, given, table, metric, capsys):
    rows = json.loads((TABLES / f'{table}.json').read_text())['rows']
    measured = {
        row['model']: row['means'][f'bt601/{metric}']
        for row in rows
        if row['set'] == 'BSD100'
    }
    (score,) = (s for s in PRETRAINED[name].scores if s.input == given)
    assert score.psnr == pytest.approx(measured[name], abs=0.0051)
    assert score.other_psnr == pytest.approx(measured[score.other], abs=0.0051)
    assert main(['models']) == 0
    assert f'{given}: {score.psnr:.2f} dB' in capsys.readouterr().out


def test_it_is_a_module_too():
    ran = subprocess.run(
        [sys.executable, '-m', 'adacode_mm', '--version'],
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.startswith('adacode_mm ')


def test_the_shell_may_ask(tmp_path):
    answer = tmp_path / 'answer.txt'
    line = 'adacode sr --sca'
    subprocess.run(
        [sys.executable, '-m', 'adacode_mm'],
        env={
            '_ARGCOMPLETE': '1',
            '_ARGCOMPLETE_STDOUT_FILENAME': str(answer),
            '_ARGCOMPLETE_IFS': '\n',
            'COMP_LINE': line,
            'COMP_POINT': str(len(line)),
            'COMP_TYPE': '9',
            'PATH': '',
        },
        check=True,
    )
    assert answer.read_text().split() == ['--scale']
