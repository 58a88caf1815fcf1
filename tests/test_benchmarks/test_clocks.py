"""The benchmarks on tiny configs: their numbers add up, records are kept.

How long something takes is not tested.
"""

import json
import subprocess
from pathlib import Path

import pytest
from tiny_stages import TINY

import adacode_mm  # noqa: F401
from adacode_mm.core.exceptions import InputError
from benchmarks import degradation, infer, memory, startup, train_step
from benchmarks.records import append_record

CONFIG = str(TINY / 'stage3_sr_x4.py')
PHOTOS = Path(__file__).parents[1] / 'data/photos'


@pytest.fixture
def in_this_process(monkeypatch):
    for module in (infer, train_step):

        def run(name, arguments, module=module):
            return json.loads(json.dumps(module.measure(**arguments)))

        monkeypatch.setattr(module, 'in_a_process', run)


@pytest.mark.usefixtures('in_this_process')
def test_all_ways_to_infer_in_turn(tmp_path, capsys):
    out = tmp_path / 'records.json'
    words = [CONFIG, '--size', '33x20', '--iters', '1', '--rounds', '1']
    words += ['--against', 'released', 'channels_last', '--device', 'cpu']
    infer.main([*words, '--json', str(out)])
    (record,) = json.loads(out.read_text())
    assert record['config'] == 'configs/adacode/tiny/stage3_sr_x4.py'
    assert record['size'] == [20, 33] and record['machine']
    ways = record['ways']
    assert list(ways) == [
        'released float32',
        'channels_last float32',
        'ours float32',
        'ours bfloat16',
    ]
    for way in ways.values():
        assert {'encoder', 'decoder', 'other'} <= set(way['parts'])
        assert all(seconds > 0 for seconds in way['parts'].values())
        assert way['wall_seconds'] > 0 and way['cpu_seconds'] > 0
    assert ways['ours float32']['relative_error'] < 1e-4
    assert ways['ours float32']['equal_indices'] == 1
    assert 1e-4 < ways['ours bfloat16']['relative_error'] < 0.5
    assert ways['released float32']['psnr'] is None
    seconds = [ways[x]['wall_seconds'] for x in list(ways)[::2]]
    assert f' {seconds[0] / seconds[1]:.2f} |' in capsys.readouterr().out


@pytest.mark.usefixtures('in_this_process')
def test_both_steps_in_turn(tmp_path, capsys):
    out = tmp_path / 'records.json'
    append_record(out, {'kept': True})
    words = [CONFIG, '--against', 'released', '--iters', '1']
    words += ['--batch-size', '2', '--device', 'cpu', '--json', str(out)]
    train_step.main([*words, '--synthetic'])
    first, record = json.loads(out.read_text())
    assert first == {'kept': True}
    assert record['batch_size'] == 2 and record['data'] == 'synthetic'
    ours, theirs = record['sides']['ours'], record['sides']['released']
    for side in (ours, theirs):
        assert side['peak_memory_mib'] > 100
        assert {'generator', 'prior', 'discriminator'} <= set(side['parts'])
    # Both began with the same weights and images.
    assert theirs['losses'].pop('loss_feat') == 0
    assert ours['losses'] == pytest.approx(theirs['losses'], rel=1e-4)
    assert f' {ours["peak_memory_mib"]:.0f} |' in capsys.readouterr().out


def test_a_process_of_its_own_says_what_is_wrong():
    with pytest.raises(InputError, match='none'):
        train_step.in_a_process(
            'benchmarks.infer',
            {'model': 'none.pth', 'side': 'ours', 'dtype': 'float32',
             'size': [8, 8], 'iters': 1, 'device': 'cpu', 'seed': 0,
             'save': ''},
        )  # fmt: skip


def test_degradation(tmp_path):
    out = tmp_path / 'records.json'
    words = ['--images', str(PHOTOS), '--json', str(out)]
    degradation.main([*words, '--samples', '4', '--size', '32'])
    (chain,) = json.loads(out.read_text())
    assert 0 < chain['this']['median_ms'] <= chain['this']['max_ms']
    assert (chain['scale'], chain['size'], chain['samples']) == (4, 32, 4)
    with pytest.raises(InputError, match='66'):
        degradation.main(['--size', '66'])


def test_memory(tmp_path, capsys):
    out = tmp_path / 'memory.json'
    words = [CONFIG, '--json', str(out), '--output']
    memory.main([*words, '160x120'])
    memory.main([*words, '64x64', '--tile', 'whole', '--plain'])
    first, second = json.loads(out.read_text())
    assert (first['output'], second['output']) == ('160x120', '64x64')
    assert (first['tile'], second['tile']) == ('exact', 'whole')
    assert second['network'] == 'plain'
    for record in (first, second):
        # Of this very process: PyTorch alone takes 0.1 GiB, in GiB.
        assert 0.1 < record['before_gib'] <= record['peak_gib'] < 100
    assert f' {second["peak_gib"]:.2f} |' in capsys.readouterr().out
    with pytest.raises(InputError, match='162x120'):
        memory.main([*words, '162x120'])


def test_start_up(tmp_path, monkeypatch, capsys):
    work = 'bytearray(64 * 2**20); sum(range(10**6))'
    commands = {'nothing': ['-c', 'pass'], 'work': ['-c', work]}
    monkeypatch.setattr(startup, 'commands', lambda folder: commands)
    out = tmp_path / 'startup.json'
    startup.main(['--rounds', '2', '--json', str(out)])
    (record,) = json.loads(out.read_text())
    nothing, work = record['runs']['nothing'], record['runs']['work']
    assert work['peak_mib'] - nothing['peak_mib'] == pytest.approx(64, abs=8)
    assert 0 < nothing['cpu_seconds'] < work['cpu_seconds']
    assert f' {work["peak_mib"]:.0f} |' in capsys.readouterr().out
    with pytest.raises(subprocess.CalledProcessError):
        startup.measure(['-c', 'raise SystemExit(3)'])


def test_records_go_to_lists_only(tmp_path):
    path = tmp_path / 'other.json'
    for content in ('{}', 'no json'):
        path.write_text(content)
        with pytest.raises(InputError, match='other'):
            append_record(path, {})
        assert path.read_text() == content
