"""Test sets are found by their layout, and what is wrong is said."""

import numpy as np
import pytest
from PIL import Image

import adacode_mm  # noqa: F401  # isort: skip  # adapts MMagic: comes first
from adacode_mm.core.exceptions import InputError
from adacode_mm.evaluation.eval_images import read_eval_image
from benchmarks.tables.sets import check, find_set, find_sets


def picture(path, width=16, height=8, gray=False):
    path.parent.mkdir(parents=True, exist_ok=True)
    shape = (height, width) if gray else (height, width, 3)
    Image.fromarray(np.full(shape, 90, np.uint8)).save(path)


def test_truth_of_the_scale_comes_before_the_whole_one(tmp_path):
    picture(tmp_path / 'S/HR/a.png')
    picture(tmp_path / 'S/HR_x4/a.png')
    folders = [
        find_set('S', tmp_path / 'S', scale).truth_folder.name
        for scale in (4, 2, 1)
    ]
    assert folders == ['HR_x4', 'HR', 'HR']


def test_only_cropped_truths(tmp_path):
    picture(tmp_path / 'S/HR_x2/a.png')
    picture(tmp_path / 'S/HR_x4/a.png')
    found = find_set('S', tmp_path / 'S', 1)
    assert found.truth_folder.name == 'HR_x2'


def test_flat_folder_and_order(tmp_path):
    for name in ('b.jpg', 'a.png', '.hidden.png'):
        picture(tmp_path / 'S' / name)
    (tmp_path / 'S/notes.txt').write_text('no image')
    found = find_set('S', tmp_path / 'S', 4)
    assert [each.name for each in found.images] == ['a', 'b']
    assert find_sets(tmp_path) == [('S', tmp_path / 'S')]
    assert find_sets(tmp_path / 'S') == [('S', tmp_path / 'S')]


def test_pairs_by_name(tmp_path):
    for name in ('a', 'b'):
        picture(tmp_path / f'S/HR/{name}.png')
    picture(tmp_path / 'S/LR_x4/bx4.bmp', 4, 2)
    picture(tmp_path / 'S/LR_x4/a.png', 4, 2)
    found = find_set('S', tmp_path / 'S', 4, 'LR_x4')
    given = [each.given.name for each in found.images]
    assert given == ['a.png', 'bx4.bmp']
    (tmp_path / 'S/LR_x4/a.png').unlink()
    with pytest.raises(InputError, match=r'LR_x4 .* a '):
        find_set('S', tmp_path / 'S', 4, 'LR_x4')


def test_two_images_of_one_name(tmp_path):
    picture(tmp_path / 'S/a.png')
    picture(tmp_path / 'S/a.bmp')
    with pytest.raises(InputError, match=r'a\.bmp and a\.png'):
        find_set('S', tmp_path / 'S', 1)


def test_names_of_sets(tmp_path):
    picture(tmp_path / 'S/a.png')
    with pytest.raises(InputError, match='Set5'):
        find_sets(tmp_path, ['Set5'])
    with pytest.raises(InputError, match='nowhere'):
        find_sets(tmp_path / 'nowhere')
    (tmp_path / 'empty/x').mkdir(parents=True)
    with pytest.raises(InputError, match='empty'):
        find_sets(tmp_path / 'empty')


def test_grey_and_16_bits(tmp_path):
    picture(tmp_path / 'gray.png', gray=True)
    assert read_eval_image(tmp_path / 'gray.png').shape == (8, 16)
    deep = np.full((4, 4), 257 * 90, np.uint16)
    Image.fromarray(deep).save(tmp_path / 'deep.png')
    found = read_eval_image(tmp_path / 'deep.png')
    assert found.dtype == np.uint8
    assert (found == 90).all()
    clear = np.full((4, 4, 4), 90, np.uint8)
    Image.fromarray(clear).save(tmp_path / 'clear.png')
    with pytest.raises(InputError, match=r'clear\.png'):
        read_eval_image(tmp_path / 'clear.png')


def test_sizes_have_to_fit(tmp_path):
    picture(tmp_path / 'S/HR/a.png', 17, 9)
    picture(tmp_path / 'S/LR_x4/a.png', 4, 2)
    assert find_set('S', tmp_path / 'S', 4, 'LR_x4').images[0].given
    picture(tmp_path / 'S/LR_x4/a.png', 5, 2)
    with pytest.raises(InputError, match=r'4x2.*5x2'):
        find_set('S', tmp_path / 'S', 4, 'LR_x4')
    picture(tmp_path / 'S/HR/a.png', 9, 3)
    with pytest.raises(InputError, match='9x3'):
        find_set('S', tmp_path / 'S', 4)


def test_checker(tmp_path, main, capsys):
    for name in 'abcde':
        picture(tmp_path / f'Set5/HR/{name}.png')
        picture(tmp_path / f'Set5/LR_x4/{name}.png', 4, 2)
    found, problems = check('Set5', tmp_path / 'Set5')
    assert problems == []
    assert [line.rpartition(': ')[2] for line in found] == ['5 images'] * 2
    assert main(['check', '--data', str(tmp_path)]) == 0
    picture(tmp_path / 'Set5/LR_x4/b.png', 5, 2)
    picture(tmp_path / 'Set5/HR/f.png')
    _, problems = check('Set5', tmp_path / 'Set5')
    assert len(problems) == 2  # 6 of 5 images, and b.png
    assert main(['check', '--data', str(tmp_path)]) == 1
    assert 'b.png' in capsys.readouterr().out
