"""One file says what is finished, whatever ended the runs before."""

import json
import multiprocessing
import os
import signal
import threading

import pytest

from adacode_mm.core.atomic_files import TEMPORARY
from adacode_mm.core.exceptions import InputError, OutputError
from adacode_mm.work.journal import Journal, results_in

FORK = multiprocessing.get_context('fork')


def files(folder):
    return sorted(
        str(path.relative_to(folder))
        for path in folder.rglob('*')
        if path.is_file()
    )


def test_the_newest_line_wins(tmp_path):
    folder = tmp_path / 'new' / 'out'
    with Journal(folder, 'tool') as journal:
        journal.record('a.png', {'bytes': 1})
        journal.record('b.png', {'bytes': 2})
        journal.record('a.png', {'bytes': 3})
        journal.begin('b.png')
        journal.record_all({})
    with Journal(folder, 'tool') as journal:
        assert journal.records == {'a.png': {'bytes': 3}}
        assert journal.begun == {'b.png'}
        journal.record('b.png', {'bytes': 4})
    assert results_in(folder, 'tool') == {'a.png', 'b.png'}
    assert results_in(folder, 'other') == set()
    assert files(folder) == ['.adacode/journal.jsonl', '.adacode/lock']


def test_every_record_is_synced(tmp_path, monkeypatch):
    synced = []
    fsync = os.fsync
    monkeypatch.setattr(os, 'fsync', lambda file: synced.append(fsync(file)))
    with Journal(tmp_path, 'tool') as journal:
        journal.record('a', {})
        assert len(synced) == 1
        journal.record_all({'b': {}, 'c': {}})
        assert len(synced) == 2


@pytest.mark.parametrize('torn', [5, 1])
def test_a_torn_line_is_ignored(tmp_path, torn):
    with Journal(tmp_path, 'tool') as journal:
        journal.record('a.png', {'bytes': 1})
        journal.record('b.png', {'bytes': 2})
    path = tmp_path / '.adacode' / 'journal.jsonl'
    path.write_bytes(path.read_bytes()[:-torn])
    left = {'a.png': {'bytes': 1}}
    if torn == 1:  # only the end of the line is missing
        left['b.png'] = {'bytes': 2}
    with Journal(tmp_path, 'tool') as journal:
        assert journal.records == left
        journal.record('c.png', {'bytes': 3})
    with Journal(tmp_path, 'tool') as journal:
        assert journal.records == {**left, 'c.png': {'bytes': 3}}


def test_a_full_disk_keeps_what_was_there(tmp_path, monkeypatch):
    with Journal(tmp_path, 'tool') as journal:
        journal.record('a', {})
        with monkeypatch.context() as patch:
            patch.setattr(os, 'fsync', lambda file: os.close(-1))
            with pytest.raises(OutputError, match=r'journal\.jsonl'):
                journal.record('b', {})
    with Journal(tmp_path, 'tool') as journal:
        assert 'a' in journal.records


def test_names_of_any_length_and_letters(tmp_path):
    names = ['x' * 255, 'ä' * 127, 'a b\n.png', 'deep/' * 40 + 'z']
    with Journal(tmp_path, 'tool') as journal:
        for name in names:
            journal.record(name, {'n': name})
    with Journal(tmp_path, 'tool') as journal:
        assert journal.records == {name: {'n': name} for name in names}


def test_what_a_killed_run_left_is_removed(tmp_path):
    with Journal(tmp_path, 'tool') as journal:
        journal.prepare(['more/a.png'])
        journal.record('a', {})
        (tmp_path / f'{TEMPORARY}66').write_bytes(b'of a dead worker')
    assert not (tmp_path / f'{TEMPORARY}66').exists()
    (tmp_path / f'{TEMPORARY}77').write_bytes(b'half')
    (tmp_path / 'more' / f'{TEMPORARY}88').write_bytes(b'half')
    with Journal(tmp_path, 'tool') as journal:
        assert not (tmp_path / f'{TEMPORARY}77').exists()
        journal.prepare(['more/a.png'])
        assert files(tmp_path / 'more') == []


def test_files_of_others_are_not_touched(tmp_path):
    (tmp_path / 'holiday.png').write_bytes(b'precious')
    with (
        pytest.raises(InputError, match=r'holiday\.png'),
        Journal(tmp_path, 'tool', new=True),
    ):
        pass
    assert os.listdir(tmp_path) == ['holiday.png']
    with Journal(tmp_path, 'tool') as journal:
        journal.record('a', {})
    for tool in ('other', None):
        if tool is None:
            path = tmp_path / '.adacode' / 'journal.jsonl'
            path.write_text('{"nonsense": 1}\n')
        with (
            pytest.raises(InputError, match=r'journal\.jsonl'),
            Journal(tmp_path, tool or 'tool'),
        ):
            pass


def test_where_nothing_was_done_nothing_is_left(tmp_path):
    with Journal(tmp_path / 'out', 'tool'):
        assert (tmp_path / 'out' / '.adacode').is_dir()
    assert os.listdir(tmp_path) == []


def test_a_folder_takes_one_run_at_a_time(tmp_path, monkeypatch):
    monkeypatch.setattr('adacode_mm.work.journal.WAIT', 0.2)
    entered, leave = FORK.Event(), FORK.Event()

    def other():
        with Journal(tmp_path, 'tool'):
            entered.set()
            leave.wait(60)

    process = FORK.Process(target=other)
    process.start()
    assert entered.wait(60)
    (tmp_path / f'{TEMPORARY}88').touch()  # the other run is writing it
    with (
        pytest.raises(InputError, match=str(tmp_path)),
        Journal(tmp_path, 'tool'),
    ):
        pass
    assert (tmp_path / f'{TEMPORARY}88').exists()
    os.kill(process.pid, signal.SIGKILL)  # which frees the folder
    process.join(60)
    monkeypatch.setattr('adacode_mm.work.journal.WAIT', 10)
    with Journal(tmp_path, 'tool'):
        pass


def test_processes_and_threads_of_a_run_append_in_turn(tmp_path):
    def member(rank):
        with Journal(tmp_path, 'tool', rank=rank) as journal:
            write(journal, rank)

    def write(journal, rank):
        for number in range(40):
            journal.record(f'{rank}/{number}', {'text': 'x' * 5000})

    with Journal(tmp_path, 'tool', rank=0) as journal:
        processes = [FORK.Process(target=member, args=(n,)) for n in (1, 2)]
        for process in processes:
            process.start()
        threads = [
            threading.Thread(target=write, args=(journal, n)) for n in (3, 4)
        ]
        for thread in threads:
            thread.start()
        for each in (*processes, *threads):
            each.join(60)
        journal.reload()
        assert len(journal.records) == 160
    path = tmp_path / '.adacode' / 'journal.jsonl'
    for line in path.read_text().splitlines():
        json.loads(line)


def test_of_a_url_it_is_kept_here_and_copied(tmp_path, monkeypatch):
    fsspec = pytest.importorskip('fsspec')
    store = fsspec.filesystem('memory')
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'one'))
    url = 'memory://journal-test'
    try:
        with Journal(url, 'tool') as journal:
            journal.record('a', {'n': 1})
            journal.record('b', {'n': 1})
        # On another machine, and then here again, after a line that was
        # never copied.
        monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'two'))
        with Journal(url, 'tool') as journal:
            assert journal.records == {'a': {'n': 1}, 'b': {'n': 1}}
            journal.record('a', {'n': 2})
        (path,) = (tmp_path / 'one').rglob('journal.jsonl')
        with open(path, 'a') as file:
            file.write('{"item": "c", "n": 3}\n')
        monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'one'))
        with Journal(url, 'tool') as journal:
            assert journal.records == {
                'a': {'n': 2},
                'b': {'n': 1},
                'c': {'n': 3},
            }
    finally:
        store.rm('/journal-test', recursive=True)
