import os
from pathlib import Path

import pytest

import adacode_mm  # noqa: F401
from adacode_mm.core.exceptions import InputError
from adacode_mm.work.find_images import find_images


def touch(*paths: Path):
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b'')


def sources(found):
    return [image.source for image in found.images]


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
    assert [image.path.exists() for image in found.images] == [True] * 3
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
    assert [image.path.name for image in found.images] == ['dead.png']


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
    assert [image.path.name for image in found.images] == ['a.png']


def test_folders_of_one_name_get_more_of_their_paths(tmp_path):
    touch(tmp_path / 'x' / 'HR' / '1.png', tmp_path / 'y' / 'HR' / '1.png')
    found = find_images([tmp_path / 'y' / 'HR', tmp_path / 'x' / 'HR'])
    assert sources(found) == ['x/HR/1.png', 'y/HR/1.png']


def test_a_missing_and_an_empty_folder(tmp_path):
    with pytest.raises(InputError, match='gone, found nothing'):
        find_images([tmp_path / 'gone'])
    touch(tmp_path / 'README.md')
    with pytest.raises(InputError, match=r'Expected images in .*found none'):
        find_images([tmp_path])


def test_a_folder_without_permission_is_named(tmp_path, monkeypatch):
    touch(tmp_path / 'a.png', tmp_path / 'shut' / 'b.png')

    def scandir(path):
        if Path(path).name == 'shut':  # root may list every folder
            raise PermissionError(13, 'Permission denied')
        return listed(path)

    listed = os.scandir
    monkeypatch.setattr(os, 'scandir', scandir)
    found = find_images([tmp_path])
    assert [image.path.name for image in found.images] == ['a.png']
    assert found.unreadable == [
        (
            f'{tmp_path.name}/shut',
            'The folder cannot be listed: Permission denied.',
        )
    ]


def test_one_folder_without_those_below(tmp_path):
    touch(tmp_path / 'a.png', tmp_path / 'more' / 'b.png')
    found = find_images([tmp_path], recursive=False)
    assert [image.path.name for image in found.images] == ['a.png']
    assert found.others == []


def test_a_file_under_each_of_its_names(tmp_path):
    root = tmp_path / 'root'
    touch(root / 'a.png')
    (root / 'b.png').symlink_to(root / 'a.png')
    (root / 'up').symlink_to(root)
    assert sources(find_images([root], repeats=True)) == [
        'root/a.png',
        'root/b.png',
    ]
