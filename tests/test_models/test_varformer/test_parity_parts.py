"""Single modules against the released ones."""

import pytest
import torch
from released_varformer import PART, error, fill_part, read, rule, thinned

from adacode_mm.models.layers.swin_layers import SwinLayers
from adacode_mm.models.varformer.adapter import Adapter
from adacode_mm.models.varformer.adjustment import Adjustment
from adacode_mm.models.varformer.cross_attention import CrossAttention
from adacode_mm.models.varformer.prior_guide import (
    AdaptiveFeatureTransformation,
    DegradationAwareEnhancement,
    ScalePrior,
)

ARRAYS = read('parts')
PARTS = ARRAYS['parts']
SIDES = [('encoder', 8, 3), ('decoder', 4, 2), ('decoder', 4, 4)]


def given(name):
    inputs = PARTS[name]['inputs']
    previous = 'adjust_level_4.in.previous_offset'
    return [
        torch.from_numpy(
            ARRAYS[previous] if spec == previous else rule.tensor(**spec)
        )
        for spec in inputs.values()
    ]


def assert_outputs(name, **found):
    assert sorted(found) == sorted(PARTS[name]['outputs'])
    for key, value in found.items():
        expected = ARRAYS[f'{name}.out.{key}']
        assert error(value, expected) <= PART, key


@pytest.mark.parametrize('width', [128, 192])
@pytest.mark.parametrize('batch', [2, 4])
def test_cross_attention(width, batch):
    name = f'cross_attention_C{width}_b{batch}'
    part = CrossAttention(width)
    fill_part(part, PARTS[name], 'prior.cross_attentions.0.')
    streams = given(name)
    assert_outputs(
        name,
        official=part(*streams, 'official_batch'),
        fixed=part(*streams, 'fixed'),
    )


def test_official_cross_attention_of_each_image_alone():
    """Of two images, conditional halves first, then the others."""
    name = 'cross_attention_C128_b4'
    part = CrossAttention(128)
    fill_part(part, PARTS[name], 'prior.cross_attentions.0.')
    query, value = given(name)
    together = part(query, value, 'official')
    for i in (0, 1):
        alone = part(query[i::2], value[i::2], 'official_batch')
        torch.testing.assert_close(together[i::2], alone)
    mixed = part(query, value, 'official_batch')
    assert (mixed - together).norm() > 0.5 * together.norm()


def test_adapter():
    part = fill_part(Adapter(), PARTS['adapter'], 'prior.adapter.')
    (x,) = given('adapter')
    assert_outputs('adapter', block_0=part.blocks[0](x), out=part(x))
    torch.testing.assert_close(Adapter()(x), x, atol=0, rtol=0)


@pytest.mark.parametrize(('side', 'heads'), [('encoder', 8), ('decoder', 4)])
def test_swin_layers(side, heads):
    name = f'rstb_main_{side}'
    part = SwinLayers(64, 1, 2, heads, window_size=4)
    fill_part(part, PARTS[name], f'{side}.guides.3.prior.weigh.swin.')
    assert_outputs(name, out=part(*given(name)))


@pytest.mark.parametrize(('side', 'heads', 'level'), SIDES)
def test_scale_prior(side, heads, level):
    name = f'scale_prior_main_{side}_l{level}'
    feature, h, scales = given(name)
    part = ScalePrior(
        h.shape[1], feature.shape[1], 10, 32, 2 ** (4 - level), heads
    )
    fill_part(part, PARTS[name], f'{side}.guides.{level}.prior.')
    p = part(h, feature, scales)
    kept = {'p_thinned': thinned(p)} if level == 2 else {'p': p}
    g = part.reduce(part.norm(torch.cat([feature, h], 1)))
    weights = part.weights(h, feature)
    assert_outputs(name, g_thinned=thinned(g), weights=weights, **kept)
    # Small values keep their weights behind the normalisation.
    part.normalize = False
    assert (part(h, feature, scales) - p).norm() > 0.1 * p.norm()


@pytest.mark.parametrize(('side', 'heads', 'level'), SIDES[::2])
def test_enhancement_and_transformation(side, heads, level):
    place = f'{side}.guides.{level}.'
    name = f'dae_main_{side}_l{level}'
    h, p = given(name)
    part = DegradationAwareEnhancement(h.shape[1], heads)
    fill_part(part, PARTS[name], f'{place}enhance.')
    found = {'h': part(h, p)}
    if side == 'encoder':
        logits = part.weigh(torch.cat([h, p], 1))
        found['logit_h'] = logits[:, :1]
    assert_outputs(name, **found)

    name = f'aft_main_{side}_l{level}'
    part = AdaptiveFeatureTransformation(h.shape[1])
    fill_part(part, PARTS[name], f'{place}transform.')
    assert_outputs(name, h=part(*given(name)))


def test_adjustment_after_the_middle():
    name = 'adjust_af_quant'
    part = Adjustment(128, num_heads=4, previous_channels=0)
    fill_part(part, PARTS[name], 'decoder.adjustments.mid.')
    h, feature = given(name)
    x_d, x_g = part.exchange(h, feature)
    warped, offset = part(h, feature)
    assert_outputs(name, x_d=x_d, x_g=x_g, warped=warped, offset=offset)


def test_adjustment_of_a_level():
    name = 'adjust_level_4'
    part = Adjustment(64, num_heads=2, previous_channels=128)
    fill_part(part, PARTS[name], 'decoder.adjustments.4.')
    h, feature, previous = given(name)
    x_d, x_g = part.exchange(h, feature)
    warped, offset = part.align(x_d, x_g, previous)
    h, _ = part(h, feature, previous)
    found = {'x_d': x_d, 'x_g': x_g, 'warped': warped, 'offset': offset}
    assert_outputs(name, **found, h=h)
