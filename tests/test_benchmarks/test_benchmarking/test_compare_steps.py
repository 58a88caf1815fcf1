"""The benchmark as a user runs it, on a tiny config."""

import json
import runpy
import sys

import pytest
from tiny_stages import TINY

from adacode_mm.core.exceptions import InputError
from benchmarks.clocks.records import append_record

TOOL = 'benchmarks.train_step'


def run_tool(monkeypatch, *args):
    monkeypatch.setattr(sys, 'argv', [TOOL, *map(str, args)])
    runpy.run_module(TOOL, run_name='__main__')


def test_both_sides_in_turn(monkeypatch, warm_python, tmp_path, capsys):
    monkeypatch.setattr(sys, 'executable', warm_python)
    out = tmp_path / 'records.json'
    append_record(out, {'kept': True})
    config = TINY / 'stage3_sr_x4.py'
    given = ('--against', 'released', '--iters', 2, '--batch-size', 2)
    run_tool(monkeypatch, config, *given, '--json', out)
    first, record = json.loads(out.read_text())
    assert first == {'kept': True}
    assert record['config'] == 'configs/adacode/tiny/stage3_sr_x4.py'
    assert record['device'] == 'cpu' and record['machine']
    assert record['data'] == 'training set'
    ours, theirs = record['sides']['ours'], record['sides']['released']
    for side in (ours, theirs):
        assert len(side['steps']) == 2
        assert side['images_per_second'] * side['wall_seconds'] == (
            pytest.approx(2)
        )
        assert side['peak_memory_mib'] > 100
        parts = side['parts']
        assert set(parts) == {
            'data',
            'generator forward',
            'prior',
            'code losses',
            'discriminator',
            'backward',
            'optimizer',
            'other',
        }
        assert all(seconds > 0 for seconds in parts.values())
    # Both began with the same weights and images.
    assert theirs['losses'].pop('loss_feat') == 0
    assert ours['losses'] == pytest.approx(theirs['losses'], rel=1e-4)
    ratio = theirs['wall_seconds'] / ours['wall_seconds']
    assert record['speedup']['wall_seconds'] == pytest.approx(ratio)
    table = capsys.readouterr().out
    assert 'generator forward' in table and 'peak memory' in table
    assert f'{ratio:.2f} times as fast' in table


def test_without_the_data_set_it_says_what_to_do(
    monkeypatch, warm_python, tmp_path
):
    monkeypatch.setattr(sys, 'executable', warm_python)
    option = f'train_dataloader.dataset.data_root={tmp_path / "none"}'
    with pytest.raises(SystemExit, match=r'error: The step .*--synthetic'):
        run_tool(monkeypatch, TINY / 'stage1_arch.py', '--cfg-options', option)


def test_records_go_to_lists_only(tmp_path):
    path = tmp_path / 'other.json'
    for content in ('{}', 'no json'):
        path.write_text(content)
        with pytest.raises(InputError, match=r'must hold a JSON list'):
            append_record(path, {})
        assert path.read_text() == content
