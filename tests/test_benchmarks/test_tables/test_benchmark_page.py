"""The page of benchmarks says what the records say."""

import json
import shutil
from pathlib import Path

import pytest

import adacode_mm  # noqa: F401  # isort: skip  # adapts MMagic: comes first
from adacode_mm.core.exceptions import InputError
from benchmarks.tables.benchmark_page import benchmark_page

ROOT = Path(__file__).parents[3]
RECORDS = ROOT / 'benchmarks/records'


def test_the_page_is_made_of_the_records():
    page = (ROOT / 'docs/benchmarks.md').read_text(encoding='utf-8')
    assert page == benchmark_page(RECORDS), (
        'run python -m benchmarks.make_page'
    )


def test_every_record_is_on_it():
    page = benchmark_page(RECORDS)
    for path in RECORDS.rglob('*.json'):
        content = json.loads(path.read_text())
        record = content[-1] if isinstance(content, list) else content
        assert record['commit'] in page, path
        command = record.get('command', '')
        assert command in page, path


def test_numbers_come_from_the_records(tmp_path):
    shutil.copy(RECORDS / 'memory.json', tmp_path)
    records = json.loads((tmp_path / 'memory.json').read_text())
    records[0]['peak_gib'] = 77.125
    (tmp_path / 'memory.json').write_text(json.dumps(records))
    page = benchmark_page(tmp_path)
    assert '| 77.12 |' in page
    assert 'Speed of inference' not in page


def test_codes_and_weights(tmp_path):
    shutil.copy(RECORDS / 'codes_and_weights.json', tmp_path)
    record = json.loads((tmp_path / 'codes_and_weights.json').read_text())
    record['psnr_bt601'] = {'weights': 31.416, 'codes': 2.718}
    (tmp_path / 'codes_and_weights.json').write_text(json.dumps(record))
    page = benchmark_page(tmp_path)
    assert '| weights; each code is the mean over the image | 31.42 |' in page
    assert '| codes; each weight is the mean over the image | 2.72 |' in page


def test_trainings(tmp_path):
    folder = tmp_path / 'small_scale'
    folder.mkdir()
    record = {
        'config': 'configs/small/stage2.py',
        'machine': 'abacus',
        'commit': 'abc',
        'iterations': 600,
        'batch_size': 8,
        'hours': 0.251,
        'curves': {
            'loss_pix': [[10, 0.5], [600, 0.0625]],
            'val/PSNR': [[300, 20.0], [600, 21.5]],
            'codebook1/perplexity': [[600, 12.25]],
            'codebook0/perplexity': [[600, 143.02]],
        },
    }
    (folder / 'stage2.json').write_text(json.dumps(record))
    page = benchmark_page(tmp_path)
    assert (
        '| [stage2](../configs/small/stage2.py) | 600 | 8 | 0.25 | 0.0625 | '
        '21.50 | 143, 12.2 | - |'
    ) in page
    assert 'commit abc' in page
    assert 'python -m benchmarks.small_scale.reproduce' in page


def test_a_file_that_is_no_record(tmp_path):
    path = tmp_path / 'memory.json'
    path.write_text('[{"config": "configs/a.py"}]')
    with pytest.raises(InputError, match=r'memory\.json must be a record'):
        benchmark_page(tmp_path)
    path.write_text('[{')
    with pytest.raises(InputError, match=r'memory\.json must hold JSON'):
        benchmark_page(tmp_path)
