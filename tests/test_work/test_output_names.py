import os
from pathlib import Path, PurePosixPath

import pytest

import adacode_mm  # noqa: F401
from adacode_mm.core.exceptions import InputError
from adacode_mm.work.find_inputs import InputFile
from adacode_mm.work.output_names import folder_of, plan_jobs


def inputs(*names):
    return [InputFile(Path('in') / x, PurePosixPath(x)) for x in names]


def outputs(names, out, **options):
    return [str(x.output) for x in plan_jobs(inputs(*names), out, **options)]


def test_formats_and_trees():
    names = ['a.jpg', 'b.PNG', 'c/d.tiff', 'e.webp', 'no.ending.bmp']
    assert outputs(names, 'out') == [
        'out/a.png',
        'out/b.PNG',
        'out/c/d.tiff',
        'out/e.png',
        'out/no.ending.png',
    ]
    assert outputs(names, 'out', format='jpg', suffix='_x4') == [
        'out/a_x4.jpg',
        'out/b_x4.jpg',
        'out/c/d_x4.jpg',
        'out/e_x4.jpg',
        'out/no.ending_x4.jpg',
    ]


def test_one_image_may_go_to_a_file(tmp_path):
    assert outputs(['c/a.jpg'], 'x/b.webp') == ['x/b.webp']
    assert folder_of('x/b.webp') == Path('x')
    assert folder_of('b.png') == Path('.')
    with pytest.raises(InputError, match='folder for the results of 2 images'):
        outputs(['a.jpg', 'b.jpg'], 'b.png')
    with pytest.raises(InputError, match=r'ends in \.jpg.*got b\.png'):
        outputs(['a.jpg'], 'b.png', format='jpg')
    (tmp_path / 'odd.png').mkdir()
    odd = tmp_path / 'odd.png'
    assert outputs(['a.jpg'], odd) == [str(odd / 'a.png')]
    assert folder_of(odd) == odd


def test_two_images_with_one_result_are_both_named():
    with pytest.raises(InputError) as error:
        outputs(['a.jpg', 'c/a.jpg', 'c/a.webp'], 'out')
    for name in ('in/c/a.jpg', 'in/c/a.webp', 'out/c/a.png'):
        assert name in str(error.value)
    assert "with the patterns '*.jpg' and '*.webp'" in str(error.value)
    with pytest.raises(InputError, match='common folder with --recursive'):
        plan_jobs(
            [
                InputFile(Path('x/a.jpg'), PurePosixPath('a.jpg')),
                InputFile(Path('y/a.jpg'), PurePosixPath('a.jpg')),
            ],
            'out',
        )


def test_no_image_is_replaced_by_a_result(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    os.mkdir('in')
    with pytest.raises(InputError, match=r'in/a\.png would replace in/a\.png'):
        outputs(['a.png'], 'in')
    # through a link, and of another image
    os.symlink('in', 'link')
    with pytest.raises(InputError, match=r'replace link/a\.png'):
        outputs(['a.png'], 'link')
    two = [
        InputFile(Path('x/a.jpg'), PurePosixPath('a.jpg')),
        InputFile(Path('in/a.png'), PurePosixPath('q/a.png')),
    ]
    with pytest.raises(InputError, match=r'x/a\.jpg would replace in/a\.png'):
        plan_jobs(two, 'in')
    assert outputs(['a.png'], 'in', suffix='_x4') == ['in/a_x4.png']
