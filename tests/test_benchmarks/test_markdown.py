"""What a table shows: the best, the paper's, differences."""

import json
import math

import pytest

import adacode_mm  # noqa: F401  # isort: skip  # adapts MMagic: comes first
from adacode_mm.evaluation.scoring import Column
from benchmarks.tables.markdown import (
    differences_table,
    image_scores,
    markdown_table,
    scores_table,
)
from benchmarks.tables.paper import paper_rows
from benchmarks.tables.table import _plain


def cells(table):
    """Cells of each row of a Markdown table."""
    return [
        [cell.strip() for cell in line.strip('|').split('|')]
        for line in table.splitlines()
    ]


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
    rows = cells(scores_table(record, 'Set5'))
    assert rows[0] == ['model', 'PSNR (paper) ↑', 'LPIPS ↓', 's/image']
    assert rows[2:] == [
        ['a', '22.000', '0.3000', '0.25'],
        ['b', '**23.500**', '**0.2667**', '0.25'],
        ['*AdaCode (paper, table 2)*', '*99.000*', '-', '-'],
    ]
    # As shown, they are equal.
    record['rows'][0]['means']['LPIPS'] = 0.26667
    row = cells(scores_table(record, 'Set5'))[2]
    assert row == ['a', '22.000', '**0.2667**', '0.25']


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
    _, other = record['rows']
    # PSNR: 1, 0.5 and 3: mean 1.5, error sqrt(1.75 / 3).
    assert math.sqrt(1.75 / 3) == pytest.approx(0.764, abs=5e-4)
    row = ['b', '+1.500 ± 0.764, 3/3', '-0.0333 ± 0.0882, 1/3']
    assert cells(differences_table(record, 'Set5'))[2] == row
    assert 'minus a' in markdown_table(record)
    assert 'minus a' not in markdown_table(record, differences=False)
    # Without a value in one of both, an image does not count.
    other['images']['1']['paper/PSNR'] = None
    row = cells(differences_table(record, 'Set5'))[2]
    assert row[1] == '+2.000 ± 1.000, 2/2'
    other['images']['2']['paper/PSNR'] = 'inf'
    assert cells(differences_table(record, 'Set5'))[2][1] == '-'


def test_numbers_that_json_does_not_have(record):
    record['rows'][0]['means'] = {'paper/PSNR': math.inf, 'LPIPS': math.nan}
    record['rows'][0]['images']['0']['LPIPS'] = math.nan
    kept = json.loads(json.dumps(_plain(record), allow_nan=False))
    assert kept['rows'][0]['means'] == {'paper/PSNR': 'inf', 'LPIPS': None}
    row = cells(scores_table(kept, 'Set5'))[2]
    assert row == ['a', '**inf**', '-', '0.25']
    assert scores_table(kept, 'Set5') == scores_table(record, 'Set5')
    scores = image_scores(kept)
    assert math.isnan(scores.loc[('Set5', 'a', '0'), 'LPIPS'])
    assert scores.loc[('Set5', 'b', '2'), 'paper/PSNR'] == 27


def test_the_papers_tables():
    columns = [
        Column('paper/PSNR', 'PSNR', 'paper', True),
        Column('rgb/SSIM', 'SSIM', 'rgb', True),
        Column('LPIPS', 'LPIPS', None, False),
    ]
    (found,) = paper_rows('sr', 4, 'Urban100', 100, columns)
    assert found['means'] == {'paper/PSNR': 21.446, 'LPIPS': 0.2007}
    assert paper_rows('sr', 4, 'Urban100', 99, columns) == []
    assert paper_rows('sr', 3, 'Urban100', 100, columns) == []
    assert paper_rows('inpaint', 1, 'Urban100', 100, columns) == []
    ost = paper_rows('reconstruct', 1, 'OST300', 300, columns)
    psnr = [each['means']['paper/PSNR'] for each in ost]
    assert psnr == [21.3557, 21.9219, 25.7629]
