"""The page of benchmarks says what the records say."""

import json
import re
import shutil
from pathlib import Path

import pytest

import adacode_mm  # noqa: F401  # isort: skip  # adapts MMagic: comes first
from adacode_mm.core.exceptions import InputError
from benchmarks.make_page import BEGIN, END, benchmark_page, model_card
from benchmarks.records import command_of_today
from benchmarks.tables.markdown import markdown_table

ROOT = Path(__file__).parents[2]
RECORDS = ROOT / 'benchmarks/records'


def test_the_page_is_made_of_the_records():
    page = (ROOT / 'docs/benchmarks.md').read_text(encoding='utf-8')
    assert page == benchmark_page(RECORDS), 'run benchmarks.make_page'


def test_every_record_is_on_it():
    page = benchmark_page(RECORDS)
    for path in RECORDS.rglob('*.json'):
        content = json.loads(path.read_text())
        record = content[-1] if isinstance(content, list) else content
        assert record['commit'] in page, path
        command = command_of_today(record.get('command', ''))
        assert command in page, path


def test_programs_that_are_there_go_by_their_names_of_today():
    page = benchmark_page(RECORDS)
    for name in re.findall(r'`python -m ([\w.]+)', page):
        assert (ROOT / f'{name.replace(".", "/")}.py').is_file(), name
    assert 'tools/analysis_tools' not in page


def test_numbers_come_from_the_records(tmp_path):
    shutil.copy(RECORDS / 'memory.json', tmp_path)
    records = json.loads((tmp_path / 'memory.json').read_text())
    records[0]['peak_gib'] = 77.125
    (tmp_path / 'memory.json').write_text(json.dumps(records))
    page = benchmark_page(tmp_path)
    assert ' 77.12 |' in page
    assert 'Speed of inference' not in page


def test_codes_and_weights(tmp_path):
    shutil.copy(RECORDS / 'codes_and_weights.json', tmp_path)
    record = json.loads((tmp_path / 'codes_and_weights.json').read_text())
    record['psnr_bt601'] = {'weights': 31.416, 'codes': 2.718}
    (tmp_path / 'codes_and_weights.json').write_text(json.dumps(record))
    page = benchmark_page(tmp_path)
    assert ' 31.42 |' in page and ' 2.72 |' in page


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
    (line,) = [x for x in page.splitlines() if 'configs/small/stage2' in x]
    assert [cell.strip() for cell in line.strip('|').split('|')][1:] == [
        *('600', '8', '0.25', '0.0625', '21.50', '143, 12.2', '-')
    ]
    assert 'commit abc' in page
    assert 'python -m benchmarks.small_scale.reproduce' in page


def test_a_file_that_is_no_record(tmp_path):
    path = tmp_path / 'memory.json'
    path.write_text('[{"config": "configs/a.py"}]')
    with pytest.raises(InputError, match=r'memory\.json'):
        benchmark_page(tmp_path)
    path.write_text('[{')
    with pytest.raises(InputError, match=r'memory\.json'):
        benchmark_page(tmp_path)


def record(sha256, score):
    column = {
        'key': 'bt601/PSNR', 'name': 'PSNR', 'protocol': 'bt601',
        'higher_is_better': True,
    }  # fmt: skip
    row = {
        'set': 'Set5', 'model': 'tiny', 'means': {'bt601/PSNR': score},
        'seconds': 1.0, 'images': {},
    }  # fmt: skip
    return {
        'table': 'sr', 'scale': 4, 'inputs': 'bsrgan: blind', 'seed': 0,
        'limit': None, 'command': 'make_tables.py sr', 'missing': {},
        'protocols': {'bt601': {'title': 'Y', 'description': 'Usual.'}},
        'columns': [column], 'models': {'tiny': {'sha256': sha256}},
        'sets': [{'name': 'Set5', 'images': 5}], 'rows': [row], 'paper': [],
    }  # fmt: skip


def test_the_card_has_scores_of_these_files_only(tmp_path):
    for name, sha256, score in (('a', 'aa', 31.25), ('b', 'bb', 99.5)):
        text = json.dumps(record(sha256, score))
        (tmp_path / f'{name}.json').write_text(text)
    card = f'# Card\n{BEGIN}\nold\n{END}\nend\n'
    text = model_card(card, ['cc'], tmp_path)
    assert text.startswith(f'# Card\n{BEGIN}\n\n')
    assert text.endswith(f'\n{END}\nend\n')
    assert '31.250' not in text and 'old' not in text
    text = model_card(card, ['aa'], tmp_path)
    table = markdown_table(record('aa', 31.25), 3, differences=False)
    assert text == f'# Card\n{BEGIN}\n\n{table}\n{END}\nend\n'
    assert '31.250' in text and '99.5' not in text
    assert model_card(text, ['aa'], tmp_path) == text
    for broken in ('nothing', f'{END}{BEGIN}'):
        with pytest.raises(InputError):
            model_card(broken, ['aa'], tmp_path)


def test_the_card_of_the_package_is_made_of_the_records():
    weights = ROOT / 'adacode_mm/weights'
    hashes = (weights / 'SHA256SUMS').read_text().split()[::2]
    card = (weights / 'README.md').read_text(encoding='utf-8')
    assert card == model_card(card, hashes, RECORDS / 'tables')
