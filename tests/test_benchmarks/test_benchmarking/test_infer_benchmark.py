"""The inference benchmark on a tiny config, in this process."""

import json
import runpy
import sys
from pathlib import Path

import pytest
import torch
from tiny_stages import TINY

from adacode_mm.core.exceptions import InputError
from adacode_mm.registry import MODELS
from benchmarks.clocks import inference_benchmark, measure_inference
from benchmarks.clocks.inference_benchmark import benchmark_infer
from benchmarks.clocks.released_network import as_released

TOOL = 'benchmarks.infer'
CONFIG = str(TINY / 'stage3_sr_x4.py')


@pytest.fixture
def in_this_process(monkeypatch):
    monkeypatch.setattr(
        measure_inference, 'convolution_peak', lambda dtype, device: 100.0
    )

    def run(arguments, folder):
        out = Path(folder, 'result')
        with monkeypatch.context() as patch:
            patch.setattr(
                sys, 'argv', ['child', json.dumps(arguments), str(out)]
            )
            inference_benchmark._child()
        return torch.load(out, weights_only=True)

    monkeypatch.setattr(inference_benchmark, '_in_a_process', run)


@pytest.mark.usefixtures('in_this_process')
def test_all_ways_in_turn(monkeypatch, tmp_path, capsys):
    out = tmp_path / 'records.json'
    given = ['--size', '20x33', '--iters', '2', '--rounds', '1']
    given += ['--against', 'released', 'channels_last', '--device', 'cpu']
    monkeypatch.setattr(
        sys, 'argv', [TOOL, CONFIG, *given, '--json', str(out)]
    )
    runpy.run_module(TOOL, run_name='__main__')
    (record,) = json.loads(out.read_text())
    assert record['config'] == 'configs/adacode/tiny/stage3_sr_x4.py'
    assert record['size'] == [33, 20]
    assert '--against released channels_last' in record['command']
    ways = record['ways']
    assert list(ways) == [
        'released float32',
        'channels_last float32',
        'ours float32',
        'ours bfloat16',
    ]
    for way in ways.values():
        assert len(way['passes']) == 2
        assert set(way['parts']) == set(record['gflop']) - {'all'} | {'other'}
        assert all(x > 0 for x in way['parts'].values())
        # How much it is for so small an image is below what a page tells.
        assert way['peak_mib']['all'] == max(way['peak_mib'].values())
    assert ways['ours float32']['relative_error'] < 1e-4
    assert ways['ours float32']['equal_indices'] == 1
    assert 1e-4 < ways['ours bfloat16']['relative_error'] < 0.5
    assert ways['released float32']['psnr'] is None
    table = capsys.readouterr().out
    assert 'weight predictor' in table
    seconds = [
        ways[name]['wall_seconds']
        for name in ('released float32', 'ours float32')
    ]
    ratio = f'{seconds[0] / seconds[1]:.2f} times as fast as released float32'
    assert f'ours float32: {ratio}' in table


def test_operations_are_those_of_the_layers():
    net = MODELS.build(
        {
            'type': 'adacode_mm.CodebookNet',
            'encoder': {
                'type': 'adacode_mm.MultiScaleEncoder',
                'channels': [4, 8],
                'num_groups': 2,
            },
            'decoder': {
                'type': 'adacode_mm.MultiScaleDecoder',
                'channels': [8, 4],
                'num_groups': 2,
            },
            'quantizers': [
                {
                    'type': 'adacode_mm.VectorQuantizer',
                    'num_embeddings': 5,
                    'embedding_dim': 6,
                }
            ],
        }
    )
    flops = measure_inference.count_products(net, torch.zeros(1, 3, 10, 10))
    # Padded to 16x16; the 4x4 kernel leaves 15x15.
    pixels = 16 * 16
    assert flops['encoder, down'] == 2 * (
        15 * 15 * 3 * 4 * 16 + 64 * 9 * (4 * 8 + 4 * 8 * 8)
    )
    assert flops['decoder'] == 2 * pixels * 9 * (8 * 4 + 4 * 4 * 4 + 4 * 3)
    assert flops['codes'] == 2 * 64 * (8 * 6 + 6 * 5 + 9 * 6 * 8)
    parts = flops['encoder, down'] + flops['decoder'] + flops['codes']
    assert flops['all'] == parts


@torch.no_grad()
def test_the_release_s_way_gives_the_same_values():
    net = measure_inference.load_network(CONFIG, 0)
    released = as_released(net)
    image = measure_inference.sample_image(32, 48, 0)
    ours, theirs = net(image), released(image)
    torch.testing.assert_close(ours.image, theirs.image, rtol=1e-4, atol=1e-5)
    names = [type(x).__name__ for x in released.modules()]
    assert 'OneHotQuantizer' in names and 'PixelLinear' not in names
    assert 'PixelLinear' in [type(x).__name__ for x in net.modules()]
    # Masks are made at each call, not kept.
    masks = {
        x.attn_mask.shape[0]
        for x in released.modules()
        if getattr(x, 'attn_mask', None) is not None
    }
    assert masks == {16}


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        ({'model': 'no_such_file.pth'}, 'there is no no_such_file'),
        ({'size': (0, 4)}, 'at least 1x1'),
        ({'dtypes': ('int8',)}, 'dtypes must be of'),
        ({'against': ('ours',)}, 'against must be of'),
        ({'iters': 0}, 'at least one'),
    ],
)
def test_wrong_arguments(arguments, message):
    with pytest.raises(InputError, match=message):
        benchmark_infer(**{'model': CONFIG, **arguments})
