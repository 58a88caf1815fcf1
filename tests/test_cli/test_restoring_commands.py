"""The three restoring commands with tiny networks, as a user calls them."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from cropped_photo import photo
from PIL import Image

from adacode_mm.checkpoints.pretrained import PRETRAINED
from adacode_mm.cli.main import main
from adacode_mm.core.fetching import cached_path
from adacode_mm.restoring.restorer import Restorer


def pixels(path):
    with Image.open(path) as image:
        return np.asarray(image)


def expected(model, *args, **options):
    restorer = Restorer.from_pretrained(model, device='cpu', **options)
    return restorer(*args)


@pytest.mark.parametrize('scale', [2, 4])
def test_sr_gives_what_the_restorer_gives(photos, models, scale):
    model = models[f'x{scale}']
    words = ['in', '-o', 'out', '--model', model, '--device', 'cpu']
    assert main(['sr', *words, '--scale', str(scale)]) == 0
    for number in range(4):
        result = pixels(f'out/{number}.png')
        assert (result == expected(model, f'in/{number}.png')).all()
        assert result.shape == (32 * scale, 48 * scale, 3)
    # Without --scale, that of the model.
    assert main(['sr', *words]) == 0


def test_options_reach_the_network(photos, models):
    words = ['sr', 'in/0.png', '--model', models['x4'], '--device', 'cpu']
    outputs = {}
    for name, options in {
        'plain': [],
        'padding': ['--padding', 'minimal'],
        'dtype': ['--dtype', 'bf16'],
        'strips': ['--tile', '8'],
    }.items():
        assert main([*words, '-o', f'{name}.png', *options]) == 0
        outputs[name] = pixels(f'{name}.png').astype(int)
    change = {x: abs(y - outputs['plain']).max() for x, y in outputs.items()}
    assert change['padding'] > 0 and change['dtype'] > 0
    assert change['strips'] <= 1


def test_batches_give_what_single_images_give(photos, models):
    words = ['sr', 'in', '--model', models['x4'], '--device', 'cpu']
    assert main([*words, '-o', 'one']) == 0
    assert main([*words, '-o', 'four', '--batch-size', '4']) == 0
    for number in range(4):
        one, four = (pixels(f'{x}/{number}.png') for x in ('one', 'four'))
        assert abs(one.astype(int) - four).max() <= 1


def test_what_a_file_has_is_kept(photos, models):
    gray = np.asarray(photo(mode='L')).astype(np.uint16) * 257
    Image.fromarray(gray).save('in/gray16.png')
    alpha = Image.linear_gradient('L').resize((48, 32))
    clear = photo()
    clear.putalpha(alpha)
    clear.save('in/clear.png')
    turned = photo().getexif()
    turned[0x0112] = 6  # to be turned by 90 degrees
    photo().save('in/turned.jpg', exif=turned)
    words = ['sr', 'in', '-o', 'out', '--model', models['x2']]
    assert main([*words, '--device', 'cpu']) == 0
    assert Image.open('out/gray16.png').mode == 'I;16'
    result = Image.open('out/clear.png')
    assert result.mode == 'RGBA' and result.size == (96, 64)
    enlarged = alpha.resize((96, 64), Image.Resampling.BICUBIC)
    assert (
        abs(pixels('out/clear.png')[..., 3] - np.asarray(enlarged, int)).max()
        <= 2
    )
    assert Image.open('out/turned.png').size == (64, 96)


def test_inpaint_fills_holes_only(photos, models, capsys):
    mask = np.zeros((32, 48), np.uint8)
    mask[8:20, 10:30] = 255
    Image.fromarray(mask).save('mask.png')
    words = ['inpaint', 'in', '--model', models['inpaint'], '--device', 'cpu']
    assert main([*words, '--mask', 'mask.png', '-o', 'out']) == 0
    hole = mask > 0
    for number in range(4):
        given, result = pixels(f'in/{number}.png'), pixels(f'out/{number}.png')
        assert (given[~hole] == result[~hole]).all()
        assert (given[hole] != result[hole]).any()
        right = expected(models['inpaint'], f'in/{number}.png', 'mask.png')
        assert (result == right).all()
    options = ['--mask', 'mask.png', '-o', 'network', '--no-composite']
    assert main([*words, *options]) == 0
    assert (pixels('network/0.png') != pixels('out/0.png'))[~hole].any()
    # Another mask is another result.
    Image.fromarray(255 - mask).save('mask.png')
    assert main([*words, '--mask', 'mask.png', '-o', 'out']) == 0
    assert (pixels('out/0.png')[hole] == pixels('in/0.png')[hole]).all()


def test_inpaint_with_a_mask_for_each(photos, models, capsys):
    for number, size in ((0, (48, 32)), (1, (40, 32)), (4, (48, 32))):
        mask = Image.new('L', size)
        mask.paste(255, (4 * number, 4, 4 * number + 8, 20))
        folder = Path('masks') if number < 4 else Path('masks/more')
        folder.mkdir(parents=True, exist_ok=True)
        mask.save(folder / f'{number}.webp', lossless=True)
    Image.new('L', (48, 32)).save('masks/3.png')
    Image.new('L', (48, 32)).save('masks/3.bmp')
    words = ['in', '-r', '--mask', 'masks', '-o', 'out']
    model = ['--model', models['inpaint'], '--device', 'cpu']
    assert main(['inpaint', *words, *model]) == 1
    assert sorted(x.name for x in Path('out').rglob('*.png')) == [
        '0.png',
        '4.png',
    ]
    changed = pixels('out/more/4.png') != pixels('in/more/4.png')
    assert changed.any() and not changed[:, :16].any()
    text = capsys.readouterr().out
    assert 'in/1.png: The mask must be as large as the image, 48x32' in text
    assert 'in/2.png: Expected one mask 2.* in masks, found none' in text
    assert 'found 3.bmp and 3.png' in text
    assert 'in/more/5.png: Expected one mask more/5.* in masks' in text


def test_inpaint_with_holes_that_are_white_already(photos, models):
    image = photo()
    image.paste((255, 255, 255), (8, 8, 20, 20))
    image.save('white.png')
    words = ['white.png', '--mask', 'white', '-o', 'out', '--device', 'cpu']
    assert main(['inpaint', *words, '--model', models['inpaint']]) == 0
    right = expected(models['inpaint'], 'white.png', 'white')
    assert (pixels('out/white.png') == right).all()


def test_reconstruct(photos, models):
    words = ['in', '-o', 'out', '--model', models['reconstruct']]
    assert main(['reconstruct', *words, '--device', 'cpu']) == 0
    right = expected(models['reconstruct'], 'in/2.png')
    assert (pixels('out/2.png') == right).all()


@pytest.mark.parametrize(
    ('words', 'sentence'),
    [
        (
            ['sr', '--scale', '2', '--model', '*x4'],
            'has scale 4: give --scale',
        ),
        (['sr', '--model', '*inpaint'], 'is for "adacode inpaint": use that'),
        (['reconstruct', '--model', '*x2'], 'is for "adacode sr": use that'),
        (['sr', '--model', 'gone.pth'], "'gone.pth', which is neither"),
        (['sr', '--model', 'in/0.png'], 'in/0.png'),
        (['sr', '--device', 'tpu', '--model', '*x4'], "got 'tpu'"),
        (['inpaint', '--mask', 'gone', '--model', '*inpaint'], 'at gone, f'),
    ],
)
def test_a_model_that_does_not_fit(photos, models, capsys, words, sentence):
    words = [
        models.get(word.removeprefix('*'), word) if word[0] == '*' else word
        for word in words
    ]
    assert main([*words, 'in', '-o', 'out']) == 2
    *before, text = capsys.readouterr().err.splitlines()
    assert sentence in text and text.startswith(f'adacode {words[0]}: error: ')
    assert len(before) <= 1  # that it is being loaded
    assert not Path('out').exists()


def test_without_a_name_the_model_of_the_package_is_taken(
    photos, models, packaged
):
    image = photo(0)
    image.paste((255, 255, 255), (8, 8, 20, 20))
    image.save('in/0.png')
    words = ['in/0.png', '--device', 'cpu', '-o']
    assert main(['sr', *words, 'x4.png']) == 0
    assert main(['sr', *words, 'x2.png', '--scale', '2']) == 0
    assert main(['inpaint', *words, 'inpaint.png', '--mask', 'white']) == 0
    for kind in ('x4', 'x2', 'inpaint'):
        mask = ['white'] if kind == 'inpaint' else []
        right = expected(models[kind], 'in/0.png', *mask)
        assert (pixels(f'{kind}.png') == right).all()


def test_without_its_model_a_package_is_said_to_be_incomplete(
    photos, packaged, capsys
):
    (packaged / 'adacode-tiny-x4.safetensors').unlink()
    assert main(['sr', 'in/0.png', '-o', 'out']) == 2
    error = capsys.readouterr().err
    assert 'Expected the weights of adacode-tiny-x4, which come with' in error
    assert 'install the package again' in error
    assert error.count('\n') == 1


def test_published_models_are_taken_by_name(photos, models, monkeypatch):
    cache = photos / 'cache'
    cache.mkdir()
    monkeypatch.setenv('ADACODE_CACHE', str(cache))
    os.symlink(models['x2'], cached_path(PRETRAINED['adacode-x2'].url))
    words = ['in/0.png', '--device', 'cpu', '-o']
    assert main(['sr', *words, 'x2.png', '--model', 'adacode-x2']) == 0
    right = expected(models['x2'], 'in/0.png')
    assert (pixels('x2.png') == right).all()
    # The package has none for this.
    place = cached_path(PRETRAINED['adacode-stage2'].url)
    os.symlink(models['reconstruct'], place)
    assert main(['reconstruct', *words, 'same.png']) == 0
    right = expected(models['reconstruct'], 'in/0.png')
    assert (pixels('same.png') == right).all()


@pytest.mark.parametrize(
    ('size', 'sentence'),
    [((1, 1), 'at least'), ((7, 5), 'at least')],
)
def test_images_that_are_too_small(photos, models, capsys, size, sentence):
    photo(0, size).save('in/0.png')
    words = ['in', '-o', 'out', '--model', models['x4'], '--device', 'cpu']
    assert main(['sr', *words]) == 1
    text = capsys.readouterr().out
    assert f'in/0.png: The image must have {sentence}' in text
    assert f'got {size[0]}x{size[1]}' in text
    assert '3 done, 0 done before, 0 skipped, 1 failed' in text


def test_several_workers_give_the_same_files(photos, models):
    words = ['sr', 'in', '-r', '--model', models['x2'], '--device', 'cpu']
    # Each of several workers has one thread; sums of as many threads round
    # alike.
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        assert main([*words, '-o', 'one']) == 0
    finally:
        torch.set_num_threads(threads)
    assert main([*words, '-o', 'two', '--workers', '2']) == 0
    for number in range(4):
        names = f'one/{number}.png', f'two/{number}.png'
        one, two = (Path(name).read_bytes() for name in names)
        assert one == two


def test_torchrun_divides_a_folder(photos, models):
    """Bad images of one process do not stop the other, which takes longer."""
    os.mkdir('many')
    for number in range(0, 8, 2):
        Path(f'many/{number}.png').write_bytes(b'')
        photo(number).resize((360, 240)).save(f'many/{number + 1}.png')
    command = [sys.executable, '-W', 'ignore', '-m', 'torch.distributed.run']
    options = ['--nproc-per-node', '2', '-m', 'adacode_mm.cli.main', 'sr']
    words = ['many', '-o', 'out', '--model', models['x4'], '--device', 'cpu']
    end = subprocess.run(
        [*command, *options, *words],
        capture_output=True,
        text=True,
        env={**os.environ, 'OMP_NUM_THREADS': '1'},
        timeout=300,
    )
    assert end.returncode == 1
    # One process reports on all.
    assert end.stdout.count('images/s') == 1
    assert 'FAILED (4):' in end.stdout
    assert 'images: 4 done, 0 done before, 0 skipped, 4 failed' in end.stdout
    assert sorted(path.name for path in Path('out').glob('*.png')) == [
        f'{number}.png' for number in range(1, 8, 2)
    ]
