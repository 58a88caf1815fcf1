"""`adacode weights`: pictures of which codebook is used where."""

import os
import signal
from pathlib import Path

import numpy as np
import pytest
import torch
from cropped_photo import photo
from PIL import Image
from tiny_networks import tiny_network

from adacode_mm.checkpoints.model_file import open_model, save_model
from adacode_mm.cli.main import main
from adacode_mm.core import atomic_files
from adacode_mm.restoring.restorer import Restorer
from adacode_mm.views.weight_map import weight_maps_picture
from adacode_mm.views.weight_sheet import weight_sheet


def pixels(path):
    with Image.open(path) as image:
        return np.asarray(image)


def weights(model, *words):
    return main(['weights', *words, '--model', model, '--device', 'cpu'])


def test_released_picture_is_that_of_the_network(photos, models, capsys):
    photo(2, (45, 31)).save('odd.png')
    assert weights(models['x4'], 'odd.png', '-o', 'out') == 0
    found = Restorer.from_pretrained(models['x4']).inspect('odd.png')
    weight = torch.from_numpy(found.weight)
    picture = pixels('out/odd_weights.png')
    assert picture.shape == (31 * 4, 2 * 45 * 4 + 1, 3)
    assert (picture == weight_maps_picture(weight, 8, (124, 180))).all()
    image = (found.image * 255).round().astype(np.uint8)
    sheet = weight_sheet(image, weight, None, 'odd.png')
    assert (pixels('out/odd_weights_legible.png') == sheet).all()
    assert {p.name for p in Path('out').iterdir()} == {
        'odd_weights.png',
        'odd_weights_legible.png',
    }
    said = capsys.readouterr().out
    assert '1 done, 0 done before, 0 skipped, 0 failed' in said
    assert 'Pictures are in out' in said


def test_trees_bad_files_and_what_is_there_already(photos, models, capsys):
    Path('in/bad.png').write_bytes(b'no image')
    words = ['in', '--recursive', '-o', 'out', '--style', 'leading']
    assert weights(models['x4'], *words) == 1
    said = capsys.readouterr()
    assert '6 done, 0 done before, 0 skipped, 1 failed' in said.out
    assert '  in/bad.png: The file is not' in said.out
    drawn = sorted(p.relative_to('out') for p in Path('out').rglob('*.png'))
    assert [str(p) for p in drawn] == [
        *(f'{n}_weights_leading.png' for n in range(4)),
        'more/4_weights_leading.png',
        'more/5_weights_leading.png',
    ]
    Path('in/bad.png').unlink()
    Path('out/1_weights_leading.png').unlink()
    Path('out/2_weights_leading.png').write_bytes(b'kept')
    assert weights(models['x4'], *words) == 0
    assert '1 done, 5 done before' in capsys.readouterr().out
    assert Path('out/2_weights_leading.png').read_bytes() == b'kept'
    assert weights(models['x4'], *words, '--overwrite') == 0
    assert pixels('out/2_weights_leading.png').shape[2] == 3


def test_without_a_name_the_model_of_the_package_is_drawn(
    photos, models, packaged
):
    words = ['weights', 'in/0.png', '--style', 'released', '-o']
    assert main([*words, 'out', '--device', 'cpu']) == 0
    assert weights(models['x4'], *words[1:], 'named') == 0
    found, named = (pixels(f'{x}/0_weights.png') for x in ('out', 'named'))
    assert (found == named).all() and found.std() > 0


def test_names_of_codebooks(photos, models, capsys):
    words = ['in/0.png', '--style', 'legible', '-o']
    assert weights(models['x4'], *words, 'out') == 0
    assert weights(models['x4'], *words, 'named', '--names', 'cats,dogs') == 0
    pair = [pixels(f'{x}/0_weights_legible.png') for x in ('out', 'named')]
    assert pair[0].shape == pair[1].shape and (pair[0] != pair[1]).any()
    path = 'named.safetensors'
    net, info = open_model(models['x4'])
    save_model(net, info._replace(codebooks=('cats', 'dogs')), path)
    assert weights(path, *words, 'stated') == 0
    stated = pixels('stated/0_weights_legible.png')
    assert (stated == pair[1]).all()
    assert weights(models['x4'], *words, 'out', '--names', 'cats') == 2
    assert 'Expected 2 names, one for each' in capsys.readouterr().err


def test_one_codebook_has_no_weights(photos, tmp_path, capsys):
    path = str(tmp_path / 'one.pth')
    save_model(*tiny_network(4, codebooks=1), path)
    assert weights(path, 'in/0.png', '-o', 'out') == 2
    error = capsys.readouterr().err
    assert error.startswith('adacode weights: error: Weight maps mix several')
    assert '"adacode codebook" shows its codes.' in error
    assert not Path('out').exists()


def test_inpainting_needs_its_mask(photos, models, capsys):
    photo(0, (64, 64)).save('in/0.png')
    words = ['in/0.png', '-o', 'out', '--style', 'released']
    assert weights(models['inpaint'], *words) == 1
    assert 'Inpainting needs a mask' in capsys.readouterr().out
    assert weights(models['inpaint'], *words, '--mask', 'white') == 0
    plain = pixels('out/0_weights.png')
    mask = np.zeros((64, 64), np.uint8)
    mask[20:40, 10:50] = 255
    Image.fromarray(mask).save('mask.png')
    words += ['--overwrite', '--mask', 'mask.png']
    assert weights(models['inpaint'], *words) == 0
    assert (pixels('out/0_weights.png') != plain).any()


@pytest.mark.parametrize(
    ('names', 'sentence'),
    [
        (['none.png'], 'Expected an image or a folder of images at none.png'),
        (['in/0.png', 'in/0.bmp'], 'would both be called'),
    ],
)
def test_inputs_that_cannot_be_drawn(photos, models, capsys, names, sentence):
    photo(1).save('in/0.bmp')
    assert weights(models['x4'], *names, '-o', 'out') == 2
    assert sentence in capsys.readouterr().err
    assert not Path('out').exists()


def test_too_little_memory_and_a_full_disk(
    photos, models, monkeypatch, capsys
):
    inspect, replace = Restorer.inspect, os.replace

    def large(self, image, mask=None):
        if image.name == '1.png':
            raise MemoryError
        return inspect(self, image, mask)

    def full(source, target):
        if '3_weights' in str(target):
            raise OSError(28, 'No space left on device')
        replace(source, target)

    monkeypatch.setattr(Restorer, 'inspect', large)
    monkeypatch.setattr(atomic_files.os, 'replace', full)
    words = ['in', '-r', '--out', 'out', '--style', 'released']
    assert weights(models['x4'], *words) == 1
    said = capsys.readouterr().out
    assert 'in/1.png: It needs more memory than there is' in said
    assert 'STOPPED: Expected to write out/3_weights.png' in said
    assert {'0_weights.png', '2_weights.png'} == {
        path.name for path in Path('out').glob('*.png')
    }


def test_an_interruption_keeps_what_is_drawn(
    photos, models, monkeypatch, capsys
):
    inspect = Restorer.inspect

    def interrupted(self, image, mask=None):
        if image.name == '2.png':
            os.kill(os.getpid(), signal.SIGTERM)
        return inspect(self, image, mask)

    monkeypatch.setattr(Restorer, 'inspect', interrupted)
    words = ['in', '-o', 'out', '--style', 'released']
    assert weights(models['x4'], *words) == 130
    assert 'STOPPED: Interrupted: call again' in capsys.readouterr().out
    assert sorted(path.name for path in Path('out').iterdir()) == [
        '0_weights.png',
        '1_weights.png',
    ]
