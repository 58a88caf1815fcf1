"""A stored config has to fit the weights; nothing else is built from it."""

import copy

import pytest
from tiny_stages import tiny_config

from adacode_mm.core.exceptions import CheckpointError
from adacode_mm.models.adacode.infer_config import Untold, infer_config
from adacode_mm.models.adacode.stored_config import check_stored_config
from adacode_mm.registry import MODELS


@pytest.fixture(scope='module')
def tiny():
    cfg = tiny_config('stage3_sr_x4').model.generator.to_dict()
    return cfg, MODELS.build(cfg).state_dict()


def changed(cfg, where, value):
    """A copy with one entry, dotted, set to another value."""
    cfg = copy.deepcopy(cfg)
    *parents, last = where.split('.')
    node = cfg
    for each in parents:
        node = node[int(each) if each.isdigit() else each]
    node[last] = value
    return cfg


def test_what_no_shape_tells_is_taken(tiny):
    cfg, state = tiny
    cfg = changed(cfg, 'encoder.num_groups', 4)
    cfg = changed(cfg, 'weight_predictor.softmax', True)
    cfg = changed(cfg, 'hole_fill', 'harmonic')
    found = check_stored_config(cfg, state, 'a file')
    assert found == infer_config(state, untold=Untold(4, 2, True, 'harmonic'))
    assert found['encoder']['num_groups'] == 4
    assert found['decoder']['num_groups'] == 2
    assert found['weight_predictor']['softmax'] is True
    assert found['hole_fill'] == 'harmonic'


@pytest.mark.parametrize(
    ('where', 'value'),
    [
        ('init_cfg', {'type': 'Anything'}),
        ('quantizers.0.init_cfg', {'type': 'Pretrained', 'checkpoint': 'x'}),
        ('type', 'CodebookNet'),
        ('encoder.channels', (32, 64)),
        ('encoder.in_channels', 3),
        ('decoder.out_channels', 3),
        ('encoder.swin.mlp_ratio', 2.004),
        ('semantic_channels', None),
    ],
)
def test_other_words_for_the_same_network_are_fine(tiny, where, value):
    cfg, state = tiny
    same = check_stored_config(changed(cfg, where, value), state, 'a file')
    assert same == check_stored_config(cfg, state, 'a file')


@pytest.mark.parametrize(
    ('where', 'value', 'problem'),
    [
        ('type', 'os.system', "generator .* must be a CodebookNet, got 'os"),
        ('encoder.type', 'adacode_mm.MultiScaleDecoder', 'encoder .* must be'),
        (
            'quantizers.1.type',
            'evil.VectorQuantizer',
            r'quantizers\.1 .* mus',
        ),
        ('encoder.swin.type', 'X', r'encoder\.swin .* must be a SwinLayers'),
        ('checkpoint', 'http://x', 'unknown arguments: checkpoint'),
        ('encoder.swin.hook', 1, r'encoder\.swin .* unknown arguments: hook'),
        (
            'quantizers.0.num_embeddings',
            10**12,
            r'quantizers\.0\.num_embeddings is 1000000000000 in the config '
            r'and 64 by the shapes',
        ),
        ('encoder.channels', [64, 64, 64], r'encoder\.channels is \[64, 64, '),
        ('encoder.swin.num_layers', 2, r'swin\.num_layers is 2 in the'),
        ('encoder.swin.mlp_ratio', 3, r'swin\.mlp_ratio is 3 in the'),
        ('encoder.swin', None, r'encoder\.swin\.\w+ is None in the config'),
        ('encoder.num_groups', 0, 'must be a positive whole number, got 0'),
        ('decoder.num_groups', '2', "positive whole number, got 2 .*'2'"),
        ('decoder.num_groups', True, 'positive whole number'),
        ('weight_predictor.softmax', 1, 'must be True or False, got 1'),
        ('hole_fill', 'grey', "must be one of .*'harmonic'.*, got 'grey'"),
        ('quantizers', 'five', "quantizers .* must be a list, got 'five'"),
        ('encoder', ['a'], 'encoder .* must be a dict'),
        ('decoder.out_channels', 4, r'decoder\.out_channels is 4'),
        ('semantic_channels', 8, 'semantic_channels is 8 in the config and '),
    ],
)
def test_what_does_not_fit_is_named(tiny, where, value, problem):
    cfg, state = tiny
    with pytest.raises(CheckpointError, match=problem) as caught:
        check_stored_config(changed(cfg, where, value), state, 'a file')
    assert 'a file' in str(caught.value)


def test_any_width_of_an_mlp_is_found_again():
    """0.7 * 30 channels are 21, but 21 / 30 * 30 may be just below."""
    for ratio in (0.7, 2.7, 1.1, 3.3):
        swin = {'num_heads': 5, 'num_layers': 1, 'depth': 1}
        swin |= {'window_size': 2, 'mlp_ratio': ratio}
        cfg = tiny_config('stage1_arch').model.generator.to_dict()
        cfg['encoder'].update(channels=(10, 10, 30), swin=swin, num_groups=5)
        state = MODELS.build(cfg).state_dict()
        found = check_stored_config(cfg, state, 'a file')
        again = MODELS.build(found).state_dict()
        assert {k: v.shape for k, v in again.items()} == {
            k: v.shape for k, v in state.items()
        }
