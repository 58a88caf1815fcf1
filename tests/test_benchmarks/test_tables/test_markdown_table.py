"""What a table shows: the best, the paper's, differences."""

import json
import math

import pytest

import adacode_mm  # noqa: F401  # isort: skip  # adapts MMagic: comes first
from benchmarks.tables.csv_files import means_csv
from benchmarks.tables.make_table import to_json
from benchmarks.tables.markdown_table import markdown_table, scores_table
from benchmarks.tables.paired_differences import paired_difference
from benchmarks.tables.paper_figures import paper_rows

COLUMNS = [
    {
        'key': 'paper/PSNR',
        'name': 'PSNR',
        'protocol': 'paper',
        'higher_is_better': True,
    },
    {
        'key': 'LPIPS',
        'name': 'LPIPS',
        'protocol': None,
        'higher_is_better': False,
    },
]


def row(model, psnr, lpips):
    images = {
        f'{n}': {'paper/PSNR': a, 'LPIPS': b}
        for n, (a, b) in enumerate(zip(psnr, lpips, strict=True))
    }
    return {
        'set': 'Set5',
        'model': model,
        'means': {
            'paper/PSNR': sum(psnr) / len(psnr),
            'LPIPS': sum(lpips) / len(lpips),
        },
        'deviations': {},
        'seconds': 0.25,
        'images': images,
    }


@pytest.fixture
def record():
    return {
        'table': 'sr',
        'scale': 4,
        'inputs': 'bsrgan: degraded',
        'seed': 3,
        'limit': None,
        'machine': 'abacus',
        'commit': 'abc',
        'time': '2026-01-02T03:04:05',
        'torch': '2',
        'command': 'make_tables.py sr',
        'protocols': {'paper': {'title': 'YIQ', 'description': 'Luma.'}},
        'columns': COLUMNS,
        'missing': {},
        'models': {'a': {}, 'b': {}},
        'sets': [{'name': 'Set5', 'images': 3}],
        'rows': [
            row('a', [20, 22, 24], [0.3, 0.3, 0.3]),
            row('b', [21, 22.5, 27], [0.4, 0.1, 0.3]),
        ],
        'paper': [
            {
                'set': 'Set5',
                'model': 'AdaCode (paper, table 2)',
                'means': {'paper/PSNR': 99.0},
                'note': 'its input is not stated',
            }
        ],
    }


def test_the_best_is_bold_and_never_the_papers(record):
    lines = scores_table(record, 'Set5').splitlines()
    assert lines[0] == '| model | PSNR (paper) ↑ | LPIPS ↓ | s/image |'
    assert lines[2:] == [
        '| a | 22.000 | 0.3000 | 0.25 |',
        '| b | **23.500** | **0.2667** | 0.25 |',
        '| *AdaCode (paper, table 2)* | *99.000* | - | - |',
    ]
    # As shown, they are equal.
    record['rows'][0]['means']['LPIPS'] = 0.26667
    line = scores_table(record, 'Set5').splitlines()[2]
    assert line == '| a | 22.000 | **0.2667** | 0.25 |'


def test_everything_stands_with_the_table(record):
    record['missing'] = {'LPIPS': 'fetch x.', 'LPIPS-VGG': 'fetch x.'}
    text = markdown_table(record, 2)
    for expected in (
        '## Super-resolution x4, bsrgan input',
        'Input: bsrgan: degraded. Seed 3.',
        'Protocol `paper`: YIQ. Luma.',
        '- Missing: LPIPS, LPIPS-VGG. fetch x.',
        'its input is not stated',
        'abacus; commit abc; PyTorch 2; 2026-01-02.',
        '`make_tables.py sr`',
    ):
        assert expected in text
    assert 'a quick look' not in text
    record['limit'] = 3
    assert '(only the first 3 images: a quick look)' in markdown_table(record)


def test_differences_of_pairs(record):
    first, other = record['rows']
    found = paired_difference(other, first, 'paper/PSNR', True)
    # 1, 0.5 and 3: mean 1.5, deviation sqrt(1.75).
    assert found.mean == pytest.approx(1.5)
    assert found.error == pytest.approx(math.sqrt(1.75 / 3))
    assert (found.better, found.images) == (3, 3)
    lower = paired_difference(other, first, 'LPIPS', False)
    assert lower.better == 1
    text = markdown_table(record)
    assert '| b | +1.500 ± 0.764, 3/3 | -0.0333 ± 0.0882, 1/3 |' in text
    assert 'minus a' not in markdown_table(record, differences=False)
    # Without a value in one of both, an image does not count.
    other['images']['1']['paper/PSNR'] = None
    found = paired_difference(other, first, 'paper/PSNR', True)
    assert (found.mean, found.images) == (2, 2)
    other['images']['2']['paper/PSNR'] = 'inf'
    assert paired_difference(other, first, 'paper/PSNR', True) is None


def test_numbers_that_json_does_not_have(record):
    record['rows'][0]['means'] = {'paper/PSNR': math.inf, 'LPIPS': math.nan}
    line = means_csv(record).splitlines()[1]
    assert line == 'Set5,a,3,inf,,,,0.25'  # no number, and no deviations
    kept = json.loads(to_json(record))
    assert kept['rows'][0]['means'] == {'paper/PSNR': 'inf', 'LPIPS': None}
    lines = scores_table(kept, 'Set5').splitlines()
    assert lines[2] == '| a | **inf** | - | 0.25 |'
    assert lines[2:] == scores_table(record, 'Set5').splitlines()[2:]


def test_the_papers_tables():
    (found,) = paper_rows('sr', 4, 'Urban100', 100, {'Urban100': 100})
    scores = {'PSNR': 21.446, 'SSIM': 0.6568, 'LPIPS': 0.2007}
    assert found.scores == scores
    assert paper_rows('sr', 4, 'Urban100', 99, {'Urban100': 100}) == []
    assert paper_rows('sr', 3, 'Urban100', 100, {}) == []
    assert paper_rows('inpaint', 1, 'Urban100', 100, {}) == []
    ost = paper_rows('reconstruct', 1, 'OST300', 300, {'OST300': 300})
    assert [each.method for each in ost] == ['VQGAN', 'VQGAN-aux', 'AdaCode']
    assert [each.scores['PSNR'] for each in ost] == [21.3557, 21.9219, 25.7629]
