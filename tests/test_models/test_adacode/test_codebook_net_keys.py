"""The key map by the published examples; all keys are in test_parity."""

import pytest

from adacode_mm.models.adacode.released_keys import map_released_keys

SWIN = 'multiscale_encoder.blocks.1.swin_blks.0.conv.weight'
BLOCK = 'swin_blks.3.residual_group.blocks.5'
OURS = 'layers.3.residual_group.blocks.5'
CASES = {
    'multiscale_encoder.in_conv.bias': 'encoder.in_conv.bias',
    'multiscale_encoder.blocks.0.0.weight': 'encoder.downs.0.conv.weight',
    'multiscale_encoder.blocks.0.1.conv.0.norm.bias': (
        'encoder.downs.0.res1.norm1.bias'
    ),
    'multiscale_encoder.blocks.0.2.conv.5.weight': (
        'encoder.downs.0.res2.conv2.weight'
    ),
    f'multiscale_encoder.blocks.1.{BLOCK}.mlp.fc2.bias': (
        f'encoder.swin.{OURS}.mlp.fc2.bias'
    ),
    'multiscale_encoder.blocks.2.1.bias': 'encoder.ups.0.conv.bias',
    'multiscale_encoder.blocks.3.3.conv.3.norm.weight': (
        'encoder.ups.1.res2.norm2.weight'
    ),
    'decoder_group.2.block.1.weight': 'decoder.blocks.2.conv.weight',
    'decoder_group.2.block.2.conv.2.bias': 'decoder.blocks.2.res1.conv1.bias',
    'out_conv.weight': 'decoder.out_conv.weight',
    'quantize_group.4.embedding.weight': 'quantizers.4.embedding.weight',
    'before_quant_group.3.weight': 'pre_quants.3.weight',
    'after_quant_group.3.weight': 'post_quants.3.weight',
    'after_quant_group.0.conv.bias': 'post_quants.0.bias',
    f'weight_predictor.blocks.0.{BLOCK}.attn.qkv.weight': (
        f'weight_predictor.swin.{OURS}.attn.qkv.weight'
    ),
    'weight_predictor.blocks.1.bias': 'weight_predictor.head.bias',
    'conv_semantic.0.bias': 'semantic_head.0.bias',
}


@pytest.mark.parametrize('key', CASES)
def test_names(key):
    assert map_released_keys([SWIN, key])[key] == CASES[key]


def test_without_attention_all_encoder_blocks_go_down():
    key = 'multiscale_encoder.blocks.2.1.conv.2.weight'
    expected = 'encoder.downs.2.res1.conv1.weight'
    assert map_released_keys([key]) == {key: expected}


def test_unknown_keys_keep_their_name():
    keys = ['extra.weight', 'my_vgg_feat_extractor.mean']
    assert map_released_keys(keys) == {key: key for key in keys}


@pytest.mark.parametrize(
    'key',
    [
        f'weight_predictor.blocks.0.{BLOCK}.attn_mask',
        f'weight_predictor.blocks.0.{BLOCK}.attn.relative_position_index',
        'contrast_cri.temperature',
        'contrast_cri.negatives_mask',
        'vgg_feat_extractor.vgg_net.conv1_1.weight',
        'vgg_feat_extractor.mean',
    ],
)
def test_what_is_computed_is_left_out(key):
    assert map_released_keys([key]) == {}
