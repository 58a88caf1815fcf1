"""What is finished is known again, and nothing else."""

import adacode_mm  # noqa: F401  # isort: skip  # adapts MMagic: comes first
from benchmarks.tables.ledger import Ledger


def test_records_by_name_and_key(tmp_path):
    path = tmp_path / 'ledger.jsonl'
    ledger = Ledger(path)
    ledger.add('a', 'key 1', {'value': 1})
    ledger.add('a', 'key 2', {'value': 2})
    for each in (ledger, Ledger(path)):
        assert each.get('a', 'key 2') == {'value': 2}
        assert each.get('a', 'key 1') is None
        assert each.get('b', 'key 1') is None


def test_a_line_that_was_cut_off(tmp_path):
    path = tmp_path / 'ledger.jsonl'
    Ledger(path).add('a', 'key', {'value': 1})
    with open(path, 'a') as file:
        file.write('["b", "key", {"val')
    ledger = Ledger(path)
    assert ledger.get('b', 'key') is None
    ledger.add('c', 'key', {'value': 3})
    again = Ledger(path)
    assert again.get('a', 'key') == {'value': 1}
    assert again.get('b', 'key') is None
    assert again.get('c', 'key') == {'value': 3}
