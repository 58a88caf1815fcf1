import os
import re
from pathlib import Path

import pytest

from adacode_mm.core.exceptions import InputError
from adacode_mm.work.inputs import find_images, find_inputs, read_list
from adacode_mm.work.journal import Journal


def touch(*paths: Path):
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b'')


def sources(found):
    return [image.source for image in found.files]


def test_trees_are_searched_and_hidden_files_left_out(tmp_path):
    root = tmp_path / 'DIV2K'
    touch(root / '0002.png', root / '0001.JPG', root / 'more' / 'a b.webp')
    touch(root / '.hidden.png', root / '.cache' / '0003.png')
    touch(root / 'LICENSE', root / 'more' / 'list.txt')
    found = find_images([root])
    assert sources(found) == [
        'DIV2K/0001.JPG',
        'DIV2K/0002.png',
        'DIV2K/more/a b.webp',
    ]
    assert [image.path.exists() for image in found.files] == [True] * 3
    assert [name for name, _ in found.others] == [
        'DIV2K/LICENSE',
        'DIV2K/more/list.txt',
    ]


def test_links_in_a_circle_end(tmp_path):
    root, linked = tmp_path / 'root', tmp_path / 'linked'
    touch(root / 'a.png', linked / 'b.png')
    (root / 'up').symlink_to(root)
    (root / 'linked').symlink_to(linked)
    (linked / 'back').symlink_to(root)
    assert sources(find_images([root])) == ['root/a.png', 'root/linked/b.png']


def test_a_file_counts_once(tmp_path):
    root = tmp_path / 'root'
    touch(root / 'below' / 'a.png')
    (root / 'same.png').symlink_to(root / 'below' / 'a.png')
    found = find_images([root, root / 'below', root / 'below' / 'a.png'])
    assert sources(found) == ['root/below/a.png']


def test_a_link_to_nowhere_is_found_and_not_a_crash(tmp_path):
    (tmp_path / 'dead.png').symlink_to(tmp_path / 'gone.png')
    found = find_images([tmp_path])
    assert [image.path.name for image in found.files] == ['dead.png']


def test_names_that_are_no_text_and_pipes_are_named(tmp_path):
    root = tmp_path / 'root'
    touch(root / 'a.png')
    os.mkfifo(root / 'pipe.png')  # reading it would wait without end
    try:
        os.mkdir(os.fsencode(root) + b'/Gr\xfc\xdfe')  # Latin-1
    except OSError:
        pytest.skip('This file system takes only names in UTF-8.')
    (root / 'Gr\udcfc\udcdfe' / 'b.png').touch()
    found = find_images([root])
    assert sources(found) == ['root/a.png']
    (name, reason), (pipe, waiting) = found.unreadable
    assert name == 'root/Gr\\udcfc\\udcdfe' and 'not valid UTF-8' in reason
    assert pipe == 'root/pipe.png' and 'pipe' in waiting


def test_the_output_below_the_input_is_left_out(tmp_path):
    touch(tmp_path / 'a.png', tmp_path / 'out' / 'a_s001.png')
    found = find_images([tmp_path], exclude=[tmp_path / 'out'])
    assert [image.path.name for image in found.files] == ['a.png']


def test_folders_of_one_name_get_more_of_their_paths(tmp_path):
    touch(tmp_path / 'x' / 'HR' / '1.png', tmp_path / 'y' / 'HR' / '1.png')
    found = find_images([tmp_path / 'y' / 'HR', tmp_path / 'x' / 'HR'])
    assert sources(found) == ['x/HR/1.png', 'y/HR/1.png']


def test_a_missing_and_an_empty_folder(tmp_path):
    with pytest.raises(InputError, match='gone'):
        find_images([tmp_path / 'gone'])
    touch(tmp_path / 'README.md')
    with pytest.raises(InputError, match=r'\.png'):
        find_images([tmp_path])


def test_a_folder_without_permission_is_named(tmp_path, monkeypatch):
    touch(tmp_path / 'a.png', tmp_path / 'shut' / 'b.png')

    def listdir(path):
        if Path(path).name == 'shut':  # root may list every folder
            raise PermissionError(13, 'Permission denied')
        return listed(path)

    listed = os.listdir
    monkeypatch.setattr(os, 'listdir', listdir)
    found = find_images([tmp_path])
    assert [image.path.name for image in found.files] == ['a.png']
    assert found.unreadable == [
        (
            f'{tmp_path.name}/shut',
            'The folder cannot be listed: Permission denied.',
        )
    ]


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
        'photos', recursive=True, out=Path('photos/day')
    )


@pytest.mark.parametrize(
    'named', ['photos/z.png', 'photos/*.bmp', 'photos/*.txt']
)
def test_nothing_there(tree, named):
    with pytest.raises(InputError, match=re.escape(named)):
        find_inputs([named])


def test_an_empty_folder_says_where_images_might_be(tree):
    (tree / 'photos' / 'day' / 'c.png').unlink()
    with pytest.raises(InputError, match='--recursive'):
        find_inputs(['photos/day'])
    (tree / 'photos' / 'day' / 'more' / 'd.tif').unlink()
    os.rmdir(tree / 'photos' / 'day' / 'more')
    with pytest.raises(InputError, match='photos/day'):
        find_inputs(['photos/day'])


def test_a_file_under_each_of_its_names(tree):
    (tree / 'photos' / 'z.png').symlink_to('a.png')
    (tree / 'photos' / 'up').symlink_to(tree / 'photos')
    assert list(below('photos', recursive=True))[:2] == [
        'photos/a.png',
        'photos/b.JPG',
    ]
    assert 'photos/z.png' in below('photos')


def test_a_list(tree):
    (tree / 'list').write_text('photos/a.png\n\n  photos/day \n')
    assert read_list(tree / 'list') == ['photos/a.png', 'photos/day']
    (tree / 'list').write_text('photos/a.png\n', encoding='utf-8-sig')
    assert read_list(tree / 'list') == ['photos/a.png']
    (tree / 'list').write_text('\n')
    for name in ('list', 'gone'):
        with pytest.raises(InputError, match=name):
            read_list(tree / name)


def test_what_is_left_out_is_named(tree):
    found = find_inputs(['photos'])
    assert [name for name, _ in found.others] == ['photos/x.txt']
    assert found.in_folders and not find_inputs(['photos/a.png']).in_folders


def test_a_pipe_that_was_named_is_not_waited_for(tree):
    os.mkfifo('pipe.png')
    found = find_inputs(['pipe.png', '/dev/null', 'photos/a.png'])
    assert [name for name, _ in found.unreadable] == ['pipe.png', '/dev/null']
    assert [file.name for file in found.files] == ['photos/a.png']


def test_results_below_are_left_out(tree):
    """Of a second folder of results, which `out` does not name."""
    with Journal(Path('photos/x4'), 'restore') as journal:
        journal.record('a.png', {})
        journal.record('day/c.png', {})
    for name in ('a.png', 'mine.png', 'day/c.png'):
        path = tree / 'photos' / 'x4' / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    found = find_inputs(['photos'], recursive=True)
    names = [file.name for file in found.files]
    assert 'photos/x4/mine.png' in names and 'photos/day/c.png' in names
    assert [name for name, _ in found.others] == [
        'photos/x.txt',
        'photos/x4/a.png',
        'photos/x4/day/c.png',
    ]


def test_results_that_were_named_are_gone_on_with(tree):
    def names(**options):
        return list(below('photos', recursive=True, **options))

    everything = names()
    with Journal(tree / 'photos', 'restore') as journal:
        for name in everything:
            journal.record(name.removeprefix('photos/'), {})
    assert names() == everything  # such as enlarging what was inpainted
    assert names(out=Path('photos')) == []
    # Beside images, they are results of these.
    (tree / 'photos' / 'new.png').touch()
    assert names() == ['photos/new.png']


def test_what_another_tool_has_made_are_images(tree):
    with Journal(tree / 'photos', 'crop_patches') as journal:
        journal.record('a.png', {})
    assert 'photos/a.png' in below('photos', out=Path('photos'))


def test_urls(tree):
    fsspec = pytest.importorskip('fsspec')
    store = fsspec.filesystem('memory')
    store.pipe({f'/bucket/{x}': b'' for x in ('b.png', 'a.JPG', 'x.txt')})
    store.pipe({'/bucket/day/c.png': b'', '/bucket/.adacode/a.png': b''})
    try:
        assert below('memory://bucket') == {
            'memory://bucket/a.JPG': 'a.JPG',
            'memory://bucket/b.png': 'b.png',
        }
        every = find_inputs(['memory://bucket/'], recursive=True)
        assert [file.name for file in every.files] == [
            'memory://bucket/a.JPG',
            'memory://bucket/b.png',
            'memory://bucket/day/c.png',
        ]
        assert [name for name, _ in every.others] == ['memory://bucket/x.txt']
        assert below('memory://bucket/day/c.png') == {
            'memory://bucket/day/c.png': 'c.png'
        }
        url = (tree / 'photos' / 'day' / 'c.png').as_uri()
        assert list(below(url)) == [str(tree / 'photos' / 'day' / 'c.png')]
        for url in ('memory://gone', 'nosuch://bucket'):
            with pytest.raises(InputError, match=url):
                find_inputs([url])
    finally:
        store.rm('/bucket', recursive=True)
