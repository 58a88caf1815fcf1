import json
import multiprocessing
import os

import pytest

import adacode_mm  # noqa: F401
from adacode_mm.core.atomic_files import TEMPORARY
from adacode_mm.core.exceptions import InputError
from adacode_mm.data.preparation.manifest import read_manifest, write_manifest
from adacode_mm.data.preparation.output_folder import OutputFolder


def test_manifest_there_and_back(tmp_path):
    entries = [{'patch': 'ä.png', 'box': [0, 1, 2, 3]}, {'patch': 'b.png'}]
    write_manifest(tmp_path / 'manifest.jsonl', iter(entries))
    assert read_manifest(tmp_path / 'manifest.jsonl') == entries
    with pytest.raises(InputError, match='Expected a manifest at'):
        read_manifest(tmp_path / 'none.jsonl')
    (tmp_path / 'bad.jsonl').write_text('{"a": 1}\n{"b":\n')
    with pytest.raises(InputError, match='in line 2 of'):
        read_manifest(tmp_path / 'bad.jsonl')


def test_the_journal_remembers_the_newest_record(tmp_path):
    with OutputFolder(tmp_path / 'new' / 'out', 'tool') as folder:
        folder.record('a.png', {'bytes': 1})
        folder.record('b.png', {'bytes': 2})
        folder.record('a.png', {'bytes': 3})
    with OutputFolder(tmp_path / 'new' / 'out', 'tool') as folder:
        assert folder.records == {'a.png': {'bytes': 3}, 'b.png': {'bytes': 2}}


def test_a_torn_line_is_dropped_and_written_over(tmp_path):
    with OutputFolder(tmp_path, 'tool') as folder:
        folder.record('a.png', {'bytes': 1})
        folder.record('b.png', {'bytes': 2})
    journal = tmp_path / '.tool.jsonl'
    journal.write_bytes(journal.read_bytes()[:-5])
    with OutputFolder(tmp_path, 'tool') as folder:
        assert folder.records == {'a.png': {'bytes': 1}}
        folder.record('c.png', {'bytes': 3})
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    assert [line['item'] for line in lines] == ['a.png', 'c.png']


def test_a_broken_line_is_refused(tmp_path):
    (tmp_path / '.tool.jsonl').write_text('{"item": "a"}\nnonsense\n')
    with (
        pytest.raises(InputError, match="found b'nonsense'"),
        OutputFolder(tmp_path, 'tool'),
    ):
        pass


def test_what_a_killed_run_left_is_removed(tmp_path):
    with OutputFolder(tmp_path, 'tool'):
        pass
    (tmp_path / f'{TEMPORARY}77').write_bytes(b'half')
    with OutputFolder(tmp_path, 'tool'):
        assert os.listdir(tmp_path) == ['.tool.jsonl']


def test_files_of_others_are_not_touched(tmp_path):
    (tmp_path / 'holiday.png').write_bytes(b'precious')
    with (
        pytest.raises(InputError, match=r"holds 'holiday.png' and nothing"),
        OutputFolder(tmp_path, 'tool'),
    ):
        pass
    assert os.listdir(tmp_path) == ['holiday.png']


def test_a_folder_takes_one_run_at_a_time(tmp_path):
    context = multiprocessing.get_context('fork')
    entered, leave = context.Event(), context.Event()

    def other():
        with OutputFolder(tmp_path, 'tool'):
            entered.set()
            leave.wait(60)

    process = context.Process(target=other)
    process.start()
    assert entered.wait(60)
    (tmp_path / f'{TEMPORARY}88').touch()  # the other run is writing it
    with (
        pytest.raises(InputError, match='Another run of tool is writing'),
        OutputFolder(tmp_path, 'tool'),
    ):
        pass
    assert (tmp_path / f'{TEMPORARY}88').exists()
    leave.set()
    process.join()
    with OutputFolder(tmp_path, 'tool'):
        pass
