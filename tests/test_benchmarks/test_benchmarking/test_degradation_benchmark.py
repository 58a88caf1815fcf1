"""The benchmark of the degradations: its numbers add up, its files are kept.

How long something takes is not tested.
"""

import json
import runpy
import sys
from pathlib import Path

import pytest

import adacode_mm  # noqa: F401

ROOT = Path(__file__).parents[3]
PHOTOS = ROOT / 'tests' / 'data' / 'photos'
TOOL = 'benchmarks.degradation'


@pytest.fixture
def run_tool(monkeypatch, tmp_path, capsys):
    def run(*arguments, images=PHOTOS):
        out = tmp_path / 'out' / 'numbers.json'
        argv = [TOOL, '--images', str(images), '--json', str(out)]
        monkeypatch.setattr(sys, 'argv', [*argv, *arguments])
        runpy.run_module(TOOL, run_name='__main__')
        return json.loads(out.read_text())[-1], capsys.readouterr().out

    return run


def check_clock(clock, calls):
    steps = clock['steps']
    assert 0 < clock['median_ms'] <= clock['max_ms']
    total = sum(step['ms'] for step in steps.values())
    assert total == pytest.approx(clock['mean_ms'])
    assert sum(step['share'] for step in steps.values()) == pytest.approx(1)
    assert steps['draw']['calls'] == steps['GaussianNoise']['calls'] == calls


def test_both_ways_are_measured_step_by_step(run_tool):
    numbers, text = run_tool(
        '--samples', '6', '--size', '64', '--against', 'reference'
    )
    ours, theirs = numbers['this'], numbers['reference']
    check_clock(ours, 6)
    check_clock(theirs, 6)
    assert ours['steps'].keys() == theirs['steps'].keys()
    assert numbers['factor'] == pytest.approx(
        theirs['mean_ms'] / ours['mean_ms']
    )
    assert (numbers['scale'], numbers['size'], numbers['samples']) == (
        4,
        64,
        6,
    )
    assert 'bsrgan x4, 64x64 px, 6 samples' in text
    for name in ours['steps']:
        assert name in text


def test_the_plus_chain_is_measured(run_tool):
    numbers, _ = run_tool(
        '--samples', '4', '--size', '32', '--chain', 'bsrgan_plus'
    )
    assert numbers['this']['steps']['GaussianNoise']['calls'] == 8
    assert 'reference' not in numbers


def test_the_training_loader_of_a_config_is_measured(run_tool):
    config = ROOT / 'configs' / 'adacode' / 'stage3_sr_x4_online.py'
    numbers, text = run_tool(
        '--loader', str(config), '--workers', '0', '--batches', '1'
    )
    assert numbers['batch_size'] == 8
    assert numbers['samples_per_s'] > 0 and numbers['cpu_ms_per_sample'] > 0
    assert 'samples/s' in text


def test_bad_input_ends_with_a_sentence(run_tool, tmp_path):
    for arguments, images, message in (
        ((), tmp_path / 'none', 'Expected images in'),
        (('--size', '66'), PHOTOS, 'multiple of scale'),
        (('--samples', '0'), PHOTOS, 'at least one sample'),
    ):
        with pytest.raises(SystemExit, match=message):
            run_tool(*arguments, images=images)
