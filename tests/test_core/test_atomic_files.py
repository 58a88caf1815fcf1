"""Files are complete or not there."""

import os
import stat

import pytest

from adacode_mm.core import atomic_files
from adacode_mm.core.atomic_files import (
    TEMPORARY,
    remove_temporary_files,
    write_atomically,
    write_lines_atomically,
)
from adacode_mm.core.exceptions import OutputError


def test_a_file_is_replaced_whole_and_readable_to_the_group(tmp_path):
    path = tmp_path / 'list.txt'
    path.write_text('old')
    umask = os.umask(0o027)
    write_atomically(path, 'néw\n')
    os.umask(umask)
    assert path.read_bytes() == 'néw\n'.encode()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert os.listdir(tmp_path) == ['list.txt']


def test_an_interrupted_file_leaves_the_old_one_and_nothing_else(tmp_path):
    def parts():
        yield b'a' * 100_000
        raise KeyboardInterrupt

    path = tmp_path / 'list.txt'
    path.write_text('old')
    with pytest.raises(KeyboardInterrupt):
        write_lines_atomically(path, parts())
    assert path.read_text() == 'old'
    assert os.listdir(tmp_path) == ['list.txt']


def test_what_cannot_be_written_is_one_sentence(tmp_path):
    with pytest.raises(OutputError, match='No such file or directory'):
        write_atomically(tmp_path / 'gone' / 'list.txt', b'')


def test_a_full_device(tmp_path, monkeypatch):
    if not os.path.exists('/dev/full'):
        pytest.fail('expected Linux, where /dev/full is')
    path = tmp_path / 'list.txt'
    monkeypatch.setattr(
        'builtins.open', lambda *_: os.fdopen(os.open('/dev/full', 1), 'wb')
    )
    with pytest.raises(OutputError, match='No space left on device'):
        write_atomically(path, b'some')
    assert not path.exists()


def test_only_temporary_files_are_removed(tmp_path):
    (tmp_path / f'{TEMPORARY}123').touch()
    (tmp_path / '.unfinished').touch()
    (tmp_path / 'a.png').touch()
    assert remove_temporary_files(tmp_path) == 1
    assert sorted(os.listdir(tmp_path)) == ['.unfinished', 'a.png']


@pytest.mark.parametrize('step', ['fsync', 'replace'])
def test_a_kill_leaves_the_old_file(tmp_path, monkeypatch, step):
    folder = tmp_path / 'run[1]'
    folder.mkdir()
    path = folder / 'a.pth'
    write_atomically(path, b'old', durable=True)

    def fail(*args):
        # As after SIGKILL, nothing is tidied up.
        monkeypatch.setattr(atomic_files.Path, 'unlink', lambda *a, **k: None)
        raise SystemError

    with monkeypatch.context() as patch:
        patch.setattr(atomic_files.os, step, fail)
        with pytest.raises(SystemError):
            write_atomically(path, b'new', durable=True)
    monkeypatch.undo()
    assert path.read_bytes() == b'old'
    assert len(os.listdir(folder)) == 2
    assert remove_temporary_files(folder) == 1
    assert os.listdir(folder) == ['a.pth']
