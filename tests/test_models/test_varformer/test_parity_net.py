"""The whole network against the released one, with and without adjustment."""

import pytest
import torch
import torch.nn.functional as F
from released_varformer import (
    FEATURES,
    RESTORED,
    error,
    network,
    picture,
    read,
    thinned,
)

from adacode_mm.models.quantizers.multi_scale_quantizer import flat_indices

WHOLE = {
    'f',
    'f_adapted',
    'f_main',
    'f_hat',
    'lq_feat',
    'S',
    'logits',
    'encoder_var_input',
    'output',
}
NO_MAPS = {
    'tokens',
    'encoder_indices',
    'layout',
    'config',
    'margin_codes',
    'margin_logits',
}


def _watch(module, found, name, index=None):
    """Keep what a module gives at its first call."""

    def keep(_, given, out):
        found.setdefault(name, out if index is None else out[index])

    module.register_forward_hook(keep)


def _watch_guides(network, found, side):
    for level, guide in network.guides.items():
        _watch(guide.prior, found, f'{side}.prior.Level_{level}')
        _watch(guide.enhance, found, f'{side}.DAE.Level_{level}')
        _watch(guide.transform, found, f'{side}.AFT.Level_{level}')
        logits = f'{side}.DAE.Level_{level}.logits'
        _watch(guide.enhance.weigh, found, logits)


def _watch_all(net, found):
    _watch(net.prior.vqvae.encoder.mid, found, 'vae_encoder.middle')
    _watch(net.prior.vqvae.encoder, found, 'vae_encoder.out', 0)
    _watch(net.encoder.mid, found, 'main_encoder.middle')
    _watch_guides(net.encoder, found, 'main_encoder')
    _watch_guides(net.decoder, found, 'main_decoder')
    for name, adjustment in net.decoder.adjustments.items():
        place = 'af_quant' if name == 'mid' else f'Level_{name}'
        for i, end in enumerate(('', '.1')):
            exchanged = f'main_decoder.off_attn.{place}{end}'
            _watch(adjustment.exchange, found, exchanged, i)
            warped = f'main_decoder.align.{place}{end}'
            _watch(adjustment.align, found, warped, i)


@torch.no_grad()
def _run(net, image, found):
    vqvae = net.prior.vqvae
    prior = net.prior.predict(image)
    decoded = prior.decoded
    found['f'], features = vqvae.encode(image)
    found['f_adapted'] = net.prior.adapter(found['f'])
    quantized = vqvae.quantizer(found['f_adapted'])
    found['encoder_var_input'] = vqvae.quantizer.all_tokens(quantized)
    found['lq_feat'] = prior.quantized[-1].st
    found['f_hat'] = decoded.codes
    found['S'] = decoded.residuals
    found['logits'] = decoded.logits
    found['main_encoder.out'], skips = net.encoder(
        image, features, decoded.residuals
    )
    found['f_main'] = vqvae.pre_quant(found['main_encoder.out'])
    found['vae_decoder.z_quant'], decoder = vqvae.decoder.features(
        vqvae.post_quant(decoded.codes)
    )
    for level in range(5):
        found[f'vae_encoder.Level_{level}'] = features[level]
        found[f'main_encoder.Level_{level}'] = skips[level]
        found[f'vae_decoder.Level_{level}'] = decoder[level]
    found['output'] = net.restore(image, prior).clamp(-1, 1)
    for level in range(1, 5):
        logits = found[f'main_encoder.DAE.Level_{level}.logits']
        found[f'main_encoder.DAE.Level_{level}.1'] = logits[:, :1]
    finest = found['main_encoder.DAE.Level_1.1']
    found['main_encoder.weighted_z'] = F.interpolate(finest, scale_factor=2)
    return prior


@pytest.fixture(scope='module', params=['net', 'net_adjust'])
def outcome(request):
    expected = read(request.param)
    config = expected['config']
    net = network(
        expected['layout'], config['weight_seed'], config['patch_nums']
    )
    found = {}
    _watch_all(net, found)
    image = picture(config['size'], config['image_seed'])
    prior = _run(net, image, found)
    return expected, net, image, prior, found


def test_every_token_is_the_released_one(outcome):
    expected, _, _, prior, _ = outcome
    indices = flat_indices(prior.quantized).numpy()
    assert (indices == expected['encoder_indices']).all()
    assert (prior.decoded.indices.numpy() == expected['tokens']).all()


def test_every_feature_is_the_released_one(outcome):
    expected, _, _, _, found = outcome
    names = expected.keys() - NO_MAPS
    assert len(names) >= 49
    for name in names:
        restored = name.startswith('main_') or name in ('f_main', 'output')
        value = found[name] if name in WHOLE else thinned(found[name])
        limit = RESTORED if restored else FEATURES
        assert error(value, expected[name]) <= limit, name


@torch.no_grad()
def test_images_do_not_depend_on_their_batch(outcome):
    """Although the released arrangement mixes them."""
    _, net, image, prior, found = outcome
    images = torch.cat([picture(image.shape[-1], 77), image])
    together = net((images + 1) / 2)
    decoded = together.prior.decoded
    assert torch.equal(decoded.indices[1:], prior.decoded.indices)
    restored = (2 * together.image[1:] - 1).clamp(-1, 1)
    difference = (restored - found['output']).norm()
    assert difference <= RESTORED * found['output'].norm()


@torch.no_grad()
def test_the_released_batch_mixes_images_on_request(outcome):
    _, net, image, prior, _ = outcome
    images = torch.cat([image, picture(image.shape[-1], 77)])
    net.prior.layout = 'official_batch'
    try:
        alone = net.prior.predict(image).decoded.indices
        together = net.prior.predict(images).decoded.indices[:1]
    finally:
        net.prior.layout = 'official'
    assert torch.equal(alone, prior.decoded.indices)
    assert (together != alone).float().mean() > 0.5
