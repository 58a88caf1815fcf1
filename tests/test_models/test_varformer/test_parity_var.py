"""Tokenizer and VAR against the released ones."""

import pytest
import torch
from released_varformer import (
    FEATURES,
    RESTORED,
    error,
    network,
    picture,
    read,
    thinned,
)

from adacode_mm.models.losses.vq_loss import VQLoss
from adacode_mm.models.quantizers.multi_scale_quantizer import flat_indices
from adacode_mm.models.structures import CodebookOutput
from adacode_mm.models.varformer.decode_scales import decode_scales


@pytest.fixture(scope='module')
def tokenizer():
    expected = read('vqvae')
    config = expected['config']
    net = network(
        expected['layout'], config['weight_seed'], config['patch_nums']
    )
    return expected, net, picture(config['size'], config['image_seed'])


@pytest.fixture(scope='module')
def var():
    expected = read('var')
    config = expected['config']
    net = network(
        expected['layout'], config['weight_seed'], config['patch_nums']
    )
    tokens = torch.from_numpy(expected['var_input'])
    return expected, net, tokens


@torch.no_grad()
def test_tokenizer(tokenizer):
    expected, net, image = tokenizer
    out = net((image + 1) / 2)
    assert (flat_indices(out.quantized).numpy() == expected['indices']).all()
    _, features = net.encode(image)
    codes = out.quantized[-1].codes
    middle, levels = net.decoder.features(net.post_quant(codes))
    found = {
        'f': out.feat,
        'f_hat': codes,
        'var_input': net.quantizer.all_tokens(out.quantized),
        'reconstruction': (2 * out.image - 1).clamp(-1, 1),
        'decoder.z_quant': thinned(middle),
    }
    for level in range(5):
        found[f'encoder.Level_{level}'] = thinned(features[level])
        found[f'decoder.Level_{level}'] = thinned(levels[level])
    for name, value in found.items():
        assert error(value, expected[name]) <= FEATURES, name


def test_training_loss_of_the_tokenizer_and_its_gradients(tokenizer):
    expected, net, image = tokenizer
    with torch.no_grad():
        feat, _ = net.encode(image)
    feat.requires_grad_()
    quantized = net.quantizer(feat)
    count = len(quantized)
    out = CodebookOutput(None, feat, [feat] * count, quantized, None)
    loss = VQLoss(loss_weight=1 / count)(out)
    parameters = (
        feat,
        net.quantizer.embedding.weight,
        net.quantizer.phis[0].weight,
    )
    gradients = torch.autograd.grad(loss, parameters)
    assert loss.item() == pytest.approx(float(expected['vq_loss']), rel=1e-5)
    for k, q in enumerate(quantized):
        mse = (q.codes - feat).square().mean().item()
        assert mse == pytest.approx(expected['scale_mse'][k], rel=1e-5)
    for name, gradient in zip(
        ('grad_f', 'grad_embedding', 'grad_phi_0'), gradients, strict=True
    ):
        assert error(gradient, expected[name]) <= 1e-4, name
    # Straight through: the image's gradient is that of the features.
    (gradient,) = torch.autograd.grad(quantized[-1].st.sum(), feat)
    assert torch.equal(gradient, torch.ones_like(feat))


@torch.no_grad()
def test_teacher_forcing(var):
    expected, net, tokens = var
    label = torch.from_numpy(expected['label']).long()
    assert error(net(tokens, label), expected['logits']) <= FEATURES
    none = torch.tensor([net.num_classes])
    every_4th = net(tokens, none)[:, ::4]
    name = 'logits_unconditional_every_4th'
    assert error(every_4th, expected[name]) <= FEATURES


@torch.no_grad()
def test_greedy_decoding_with_guidance(var, tokenizer):
    expected, net, _ = var
    vqvae = tokenizer[1]
    labels = torch.from_numpy(expected['ar_labels']).long()
    none = torch.full_like(labels, net.num_classes)
    condition = net.condition(torch.cat([labels, none]))
    guidance = expected['config']['cfg']
    found = decode_scales(net, vqvae.quantizer, condition, 2, guidance)
    assert (found.indices.numpy() == expected['ar_tokens']).all()
    last = found.logits[:, -256::4]
    name = 'ar_logits_last_scale_every_4th'
    assert error(last, expected[name]) <= FEATURES
    image = (vqvae.decode(found.codes).clamp(-1, 1) + 1) / 2
    every_4th = image[..., ::4, ::4]
    assert error(every_4th, expected['ar_image_every_4th']) <= RESTORED


@torch.no_grad()
def test_a_cache_gives_what_the_mask_gives(var, tokenizer):
    """Decoding forced to its own choices, at once and scale by scale."""
    _, net, _ = var
    quantizer = tokenizer[1].quantizer
    condition = net.condition(torch.tensor([3]))
    step_by_step = decode_scales(net, quantizer, condition, 1)
    codes = step_by_step.residuals.cumsum(1)
    tokens = [quantizer.next_tokens(codes[:, k], k) for k in range(9)]
    at_once = net(torch.cat(tokens, 1), torch.tensor([3]))
    torch.testing.assert_close(
        at_once, step_by_step.logits, atol=2e-5, rtol=1e-5
    )


def test_the_cache_with_gradients_gives_what_it_gives_without(var, tokenizer):
    _, net, _ = var
    quantizer = tokenizer[1].quantizer
    label = torch.tensor([3])
    with torch.no_grad():
        plain = decode_scales(net, quantizer, net.condition(label), 1)
    traced = decode_scales(net, quantizer, net.condition(label), 1)
    torch.testing.assert_close(traced.logits, plain.logits)
    # Later scales reach earlier ones through their keys and values.
    last = traced.logits[:, -256:].square().mean()
    (gradient,) = torch.autograd.grad(last, net.pos_start)
    assert gradient.abs().max() > 0
