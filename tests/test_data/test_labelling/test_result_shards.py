import errno
import os

import pytest

import adacode_mm  # noqa: F401
from adacode_mm.core.exceptions import InputError, OutputError
from adacode_mm.data.labelling import result_shards
from adacode_mm.data.labelling.result_shards import ResultShards


def writer(folder):
    shards = ResultShards(folder)
    shards.prepare()
    return shards


def test_many_writers_and_readers_agree(tmp_path, monkeypatch):
    monkeypatch.setattr(result_shards, 'PATCHES_PER_SHARD', 4)
    first, second = writer(tmp_path), writer(tmp_path)
    expected = {}
    for n in range(5):
        for shards, name in ((first, 'a'), (second, 'b')):
            batch = {f'{name}{n}{k}.png': {'counts': {'1': k}} for k in (0, 1)}
            shards.add(batch)
            expected.update(batch)
            # Finished means finished: everything is in the files.
            assert ResultShards(tmp_path).read() == expected
    assert len(list(tmp_path.glob('*.jsonl'))) == 6  # 4 + 4 + 2 each
    first.add({})
    assert ResultShards(tmp_path).read() == expected


def test_of_a_changed_patch_the_new_result_counts(tmp_path):
    for sha256 in ('old', 'new', 'older'):  # in files of random names
        writer(tmp_path).add({'a.png': {'sha256': sha256}})
    writer(tmp_path).add({'b.png': {'sha256': 'old'}, 'c.png': {}})
    read = ResultShards(tmp_path).read
    assert read({'a.png': 'new', 'b.png': 'new', 'c.png': 'new'}) == {
        'a.png': {'sha256': 'new'},
        'c.png': {},
    }
    assert read({'a.png': 'x', 'b.png': None}).keys() == {'b.png', 'c.png'}


def test_a_full_disk_leaves_what_was_there(tmp_path, monkeypatch):
    shards = writer(tmp_path)
    shards.add({'a.png': {'counts': {}}})

    def full(*args):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, 'replace', full)
        with pytest.raises(OutputError, match='No space left'):
            shards.add({'b.png': {'counts': {}}})
    assert ResultShards(tmp_path).read() == {'a.png': {'counts': {}}}
    assert len(list(tmp_path.iterdir())) == 1


def test_strange_lines_are_named(tmp_path):
    for line in ('{"patch": "a.png"', '{}', '[]', '"a"'):
        (tmp_path / 'x.jsonl').write_text(line + '\n')
        with pytest.raises(InputError, match=r'x\.jsonl must hold results'):
            ResultShards(tmp_path).read()
