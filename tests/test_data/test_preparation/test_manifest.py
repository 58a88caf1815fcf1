import pytest

from adacode_mm.core.exceptions import InputError
from adacode_mm.data.preparation.manifest import read_manifest, write_manifest


def test_manifest_there_and_back(tmp_path):
    entries = [{'patch': 'ä.png', 'box': [0, 1, 2, 3]}, {'patch': 'b.png'}]
    write_manifest(tmp_path / 'manifest.jsonl', iter(entries))
    assert read_manifest(tmp_path / 'manifest.jsonl') == entries
    with pytest.raises(InputError, match='Expected a manifest at'):
        read_manifest(tmp_path / 'none.jsonl')
    (tmp_path / 'bad.jsonl').write_text('{"a": 1}\n{"b":\n')
    with pytest.raises(InputError, match='in line 2 of'):
        read_manifest(tmp_path / 'bad.jsonl')
