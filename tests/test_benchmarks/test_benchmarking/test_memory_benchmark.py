"""The record of what restoring one image took; no number of seconds."""

import json
from pathlib import Path

import pytest

import adacode_mm  # noqa: F401  # isort: skip  # adapts MMagic: comes first
from adacode_mm.core.exceptions import InputError
from benchmarks.clocks import memory_benchmark
from benchmarks.clocks.memory_benchmark import benchmark_memory

CONFIG = Path(__file__).parents[3] / 'configs/adacode/tiny/stage3_sr_x4.py'


def test_what_is_recorded(tmp_path, capsys, monkeypatch):
    out = tmp_path / 'memory.json'
    used = []
    restore = memory_benchmark.restore

    def recorded(net, image, **options):
        used.append((type(net).__name__, tuple(image.shape), options))
        return restore(net, image, **options)

    monkeypatch.setattr(memory_benchmark, 'restore', recorded)
    first = benchmark_memory(str(CONFIG), (160, 120), json_file=str(out))
    second = benchmark_memory(
        str(CONFIG),
        (64, 64),
        'whole',
        memory=2**30,
        plain=True,
        dtype='bfloat16',
        json_file=str(out),
    )
    assert json.loads(out.read_text()) == [first, second]
    assert [each[:2] for each in used] == [
        ('AcceleratedNet', (1, 3, 30, 40)),
        ('CodebookNet', (1, 3, 16, 16)),
    ]
    assert used[0][2]['tile'] == 'exact'
    assert used[1][2]['memory'] == 2**30
    assert (first['output'], second['output']) == ('160x120', '64x64')
    assert (first['tile'], second['tile']) == ('exact', 'whole')
    assert second['network'] == 'plain'
    assert second['dtype'] == 'bfloat16'
    for record in (first, second):
        # Of this very process: PyTorch alone takes 0.1 GiB, in GiB.
        assert 0.1 < record['before_gib'] <= record['peak_gib'] < 100
        assert 0 < record['seconds_in_all'] < 1000
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1].startswith('64x64 whole: peak ')
    assert f'{second["peak_gib"]} GiB' in lines[-1]


@pytest.mark.parametrize('size', [(162, 120), (160, 121)])
def test_sizes_that_no_image_has(size):
    with pytest.raises(InputError, match=r'multiple of the scale 4, got 16'):
        benchmark_memory(str(CONFIG), size)
