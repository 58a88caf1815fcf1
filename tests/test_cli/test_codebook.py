"""`adacode codebook`: pictures of the codes, and how images use them."""

import csv
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from adacode_mm.checkpoints.model_file import open_model
from adacode_mm.cli.main import main
from adacode_mm.restoring.restorer import Restorer


def pixels(path):
    with Image.open(path) as image:
        return np.asarray(image)


def codebook(model, *words):
    return main(['codebook', '--model', model, '--device', 'cpu', *words])


def test_sheets_of_figure_4(photos, models, capsys):
    assert codebook(models['reconstruct'], '-o', 'out') == 0
    assert '32 codes of 2 codebooks drawn: out' in capsys.readouterr().out
    assert {p.name for p in Path('out').iterdir()} == {
        'codebook0.png',
        'codebook1.png',
    }
    net, _ = open_model(models['reconstruct'])
    sheet = pixels('out/codebook1.png')
    # 16 codes in a row of 32 places at most, 2 black pixels around each.
    assert sheet.shape == (2 + 34, 2 + 16 * 34, 3)
    for code in (0, 7, 15):
        left = 2 + 34 * code
        patch = net.decode_indices(torch.full((1, 4, 4), code), basis=1)
        patch = (patch[0].clamp(0, 1) * 255).round().permute(1, 2, 0)
        found = sheet[2:34, left : left + 32].astype(int)
        assert abs(found - patch.numpy()).max() <= 1
        assert not sheet[:, left - 2 : left].any()


def test_without_a_name_the_model_of_the_package_is_drawn(
    photos, models, packaged
):
    assert main(['codebook', '-o', 'out', '--device', 'cpu']) == 0
    assert codebook(models['x4'], '-o', 'named') == 0
    found, named = (pixels(f'{x}/codebook1.png') for x in ('out', 'named'))
    assert (found == named).all() and found.std() > 0


def test_use_is_counted(photos, models, capsys):
    words = ['-o', 'out', '--images', 'in', '--names', 'cats,dogs & co']
    Path('in/bad.png').write_bytes(b'no image')
    assert codebook(models['x4'], *words) == 1
    said = capsys.readouterr()
    assert 'failed: in/bad.png: ' in said.err
    restorer = Restorer.from_pretrained(models['x4'], device='cpu')
    counts = np.zeros((2, 16), int)
    for number in range(4):
        found = restorer.inspect(f'in/{number}.png')
        for k, indices in enumerate(found.indices):
            assert indices.shape == (16, 24)  # 32x48 pixels, 2 a code
            counts[k] += np.bincount(indices.ravel(), minlength=16)
    with open('out/usage.csv', newline='', encoding='utf-8') as file:
        rows = list(csv.DictReader(file))
    assert [int(row['count']) for row in rows] == counts.ravel().tolist()
    assert [row['name'] for row in rows[::16]] == ['cats', 'dogs & co']
    share = float(rows[3]['share'])
    assert share == pytest.approx(counts[0, 3] / counts[0].sum(), abs=1e-5)
    share = counts[0][counts[0] > 0] / counts[0].sum()
    perplexity = np.exp(-(share * np.log(share)).sum())
    lines = Path('out/usage.txt').read_text().splitlines()
    assert lines[0] == '4 images, 1536 latent pixels'
    assert lines[1] == (
        f'cats: {len(share)} of 16 codes used, {1 - len(share) / 16:.1%} '
        f'dead, perplexity {perplexity:.1f}'
    )
    assert lines[1] in said.out
    names = {p.name for p in Path('out').iterdir()}
    assert 'codebook1_dogs___co_by_use.png' in names
    plain = pixels('out/codebook0_cats.png')
    sorted_ = pixels('out/codebook0_cats_by_use.png')[20:]
    best = counts[0].argmax()
    left = 2 + 34 * best
    assert (sorted_[2:34, 2:34] == plain[2:34, left : left + 32]).all()


def test_nothing_is_overwritten_unasked(photos, models, capsys):
    Path('out').mkdir()
    Path('out/codebook1.png').write_bytes(b'mine')
    assert codebook(models['x4'], '-o', 'out') == 2
    error = capsys.readouterr().err
    assert error.startswith('adacode codebook: error: out/codebook1.png is')
    assert [p.read_bytes() for p in Path('out').iterdir()] == [b'mine']
    assert codebook(models['x4'], '-o', 'out', '--overwrite') == 0
    assert pixels('out/codebook1.png').shape == (36, 546, 3)


def test_errors_are_sentences(photos, models, capsys):
    Path('file').write_text('')
    assert codebook(models['x4'], '-o', 'file/out') == 2
    assert 'Expected to write file/out' in capsys.readouterr().err
    assert codebook(models['x4'], '-o', 'out', '--images', 'none') == 2
    assert 'found nothing there' in capsys.readouterr().err
    Path('in/bad').mkdir()
    Path('in/bad/a.png').write_bytes(b'')
    assert codebook(models['x4'], '-o', 'out', '--images', 'in/bad') == 1
    assert 'nothing was counted' in capsys.readouterr().err
    assert not Path('out/usage.csv').exists()
