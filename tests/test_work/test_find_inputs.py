import os

import pytest

import adacode_mm  # noqa: F401
from adacode_mm.core.exceptions import InputError
from adacode_mm.work.find_inputs import find_inputs, read_list


@pytest.fixture
def tree(tmp_path, monkeypatch):
    for name in ('a.png', 'b.JPG', 'day/c.png', 'day/more/d.tif', 'x.txt'):
        path = tmp_path / 'photos' / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b'')
    monkeypatch.chdir(tmp_path)
    return tmp_path


def below(*named, **options):
    found = find_inputs(named, **options)
    assert found.unreadable == []
    return {str(each.path): str(each.below) for each in found.files}


def test_a_folder_with_and_without_those_below(tree):
    assert below('photos') == {
        'photos/a.png': 'a.png',
        'photos/b.JPG': 'b.JPG',
    }
    assert below('photos', recursive=True) == {
        'photos/a.png': 'a.png',
        'photos/b.JPG': 'b.JPG',
        'photos/day/c.png': 'day/c.png',
        'photos/day/more/d.tif': 'day/more/d.tif',
    }


def test_a_file_is_taken_whatever_its_suffix(tree):
    assert below('photos/x.txt', 'photos/day/c.png') == {
        'photos/x.txt': 'x.txt',
        'photos/day/c.png': 'c.png',
    }


def test_patterns_mirror_what_lies_below_their_fixed_part(tree):
    assert below('photos/*.png') == {'photos/a.png': 'a.png'}
    assert below('photos/**/*.[pt][ni]*') == {
        'photos/a.png': 'a.png',
        'photos/day/c.png': 'day/c.png',
        'photos/day/more/d.tif': 'day/more/d.tif',
    }
    # A text file and a folder match, too.
    assert below('photos/*') == {
        'photos/a.png': 'a.png',
        'photos/b.JPG': 'b.JPG',
        'photos/day/c.png': 'day/c.png',
    }


def test_a_file_whose_name_looks_like_a_pattern(tree):
    (tree / 'photos' / '[1].png').touch()
    assert below('photos/[1].png') == {'photos/[1].png': '[1].png'}


def test_each_file_once(tree):
    named = ['photos/a.png', 'photos', str(tree / 'photos' / '*.png')]
    assert list(below(*named)) == ['photos/a.png', 'photos/b.JPG']


def test_the_folder_of_the_results_is_left_out(tree):
    assert 'photos/day/c.png' not in below(
        'photos', recursive=True, exclude=['photos/day']
    )


@pytest.mark.parametrize(
    ('named', 'sentence'),
    [
        ('photos/z.png', 'photos/z.png, found nothing there'),
        ('photos/*.bmp', r"match 'photos/\*.bmp', found no files"),
        ('photos/*.txt', 'found 1 files, none with the suffix of an image'),
    ],
)
def test_nothing_there(tree, named, sentence):
    with pytest.raises(InputError, match=sentence):
        find_inputs([named])


def test_an_empty_folder_says_where_images_might_be(tree):
    (tree / 'photos' / 'day' / 'c.png').unlink()
    with pytest.raises(InputError, match='searched with --recursive'):
        find_inputs(['photos/day'])
    (tree / 'photos' / 'day' / 'more' / 'd.tif').unlink()
    os.rmdir(tree / 'photos' / 'day' / 'more')
    with pytest.raises(InputError, match=r'found none\.$'):
        find_inputs(['photos/day'])


def test_a_list(tree):
    (tree / 'list').write_text('photos/a.png\n\n  photos/day \n')
    assert read_list(tree / 'list') == ['photos/a.png', 'photos/day']
    (tree / 'list').write_text('\n')
    with pytest.raises(InputError, match='found none'):
        read_list(tree / 'list')
    with pytest.raises(InputError, match='No such file'):
        read_list(tree / 'gone')
