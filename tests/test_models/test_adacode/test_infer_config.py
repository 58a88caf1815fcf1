import pytest
import torch
from tiny_stages import TINY, tiny_config

from adacode_mm.checkpoints.strict import load_strictly
from adacode_mm.core.exceptions import CheckpointError
from adacode_mm.models.adacode.infer_config import infer_config
from adacode_mm.registry import MODELS

NAMES = sorted(path.stem for path in TINY.glob('*.py'))


def filled_defaults(cfg):
    """What a config means where it leaves a default unsaid."""
    encoder = {'up_channels': [], 'in_channels': 3, **cfg['encoder']}
    return {**cfg, 'encoder': encoder}


def as_lists(node):
    if isinstance(node, dict):
        items = node.items()
        return {k: as_lists(v) for k, v in items if v is not None}
    if isinstance(node, list | tuple):
        return [as_lists(value) for value in node]
    return node


@pytest.mark.parametrize('name', NAMES)
def test_every_tiny_generator_is_recognised(name):
    torch.manual_seed(0)
    cfg = tiny_config(name).model.generator.to_dict()
    net = MODELS.build(cfg).eval()
    found = infer_config(net.state_dict(), cfg['decoder']['num_groups'])
    assert as_lists(found) == as_lists(filled_defaults(cfg))
    again = MODELS.build(found).eval()
    load_strictly(again, net.state_dict(), name)
    image = torch.rand(1, 3, 32, 64)
    with torch.no_grad():
        assert torch.equal(again(image).image, net(image).image)


def test_semantic_head_and_image_channels():
    cfg = tiny_config('stage1_arch').model.generator.to_dict()
    cfg['semantic_channels'] = 12
    cfg['encoder']['in_channels'] = 4
    found = infer_config(MODELS.build(cfg).state_dict(), num_groups=4)
    assert found['semantic_channels'] == 12
    assert found['encoder']['in_channels'] == 4


def test_parts_are_numbered_without_gaps():
    """However high a number is, no more is looked for than there is."""
    cfg = tiny_config('stage3_sr_x4').model.generator.to_dict()
    state = MODELS.build(cfg).state_dict()
    for key, missing in {
        'quantizers.999999999.embedding.weight': 'quantizers.5.embedding.w',
        'encoder.downs.7.conv.weight': 'encoder.downs.1.conv.weight',
        'encoder.swin.layers.3.conv.bias': 'encoder.swin.layers.1.residual_',
    }.items():
        with pytest.raises(CheckpointError, match=f"parameter '{missing}"):
            infer_config({**state, key: torch.zeros(1)})


def test_skips_that_the_decoder_cannot_add_are_refused():
    cfg = tiny_config('stage3_sr_x4').model.generator.to_dict()
    cfg['encoder']['up_channels'] = (32, 16)
    state = MODELS.build(cfg).state_dict()
    with pytest.raises(CheckpointError, match=r'\[32, 32\] .*have \[32, 16\]'):
        infer_config(state)


def test_heads_that_do_not_divide_the_channels_are_refused():
    cfg = tiny_config('stage3_sr_x4').model.generator.to_dict()
    state = MODELS.build(cfg).state_dict()
    key = 'encoder.swin.layers.0.residual_group.blocks.0.attn.'
    state[f'{key}relative_position_bias_table'] = torch.zeros(49, 3)
    with pytest.raises(CheckpointError, match='64 channels and 3 heads'):
        infer_config(state)


def test_groups_are_those_of_the_release_unless_told():
    cfg = tiny_config('stage1_arch').model.generator.to_dict()
    found = infer_config(MODELS.build(cfg).state_dict())
    assert found['encoder']['num_groups'] == 32
    assert found['decoder']['num_groups'] == 32


@pytest.mark.parametrize(
    'key',
    [
        'encoder.in_conv.weight',
        'encoder.downs.1.conv.weight',
        'decoder.blocks.0.conv.weight',
        'quantizers.3.embedding.weight',
        'weight_predictor.swin.layers.0.residual_group.blocks.0.mlp.fc1.weight',
    ],
)
def test_a_missing_parameter_is_named(key):
    cfg = tiny_config('stage2').model.generator.to_dict()
    state = MODELS.build(cfg).state_dict()
    del state[key]
    with pytest.raises(CheckpointError, match=f'has a parameter {key!r}'):
        infer_config(state)
