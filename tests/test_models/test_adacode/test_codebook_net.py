import pytest
import torch
import torch.nn.functional as F

from adacode_mm.core.exceptions import ConfigError, InputError
from adacode_mm.models.layers.padding import padded_forward
from adacode_mm.registry import MODELS

SWIN = {'num_layers': 1, 'depth': 2, 'num_heads': 2, 'window_size': 4}
ENCODER = {
    'type': 'adacode_mm.MultiScaleEncoder',
    'channels': (8, 8),
    'up_channels': (8, 4),
    'swin': SWIN,
    'num_groups': 2,
}
DECODER = {
    'type': 'adacode_mm.MultiScaleDecoder',
    'channels': (8, 8, 4, 4),
    'num_groups': 2,
}
PREDICTOR = {'type': 'adacode_mm.WeightPredictor', 'swin': SWIN}


def codebook(size, dim=6):
    return {
        'type': 'adacode_mm.VectorQuantizer',
        'num_embeddings': size,
        'embedding_dim': dim,
    }


# Restores at x4 with three codebooks of different sizes and widths, as in
# stage III; reconstructs with one, as in stage I.
MANY = {
    'type': 'adacode_mm.CodebookNet',
    'encoder': ENCODER,
    'decoder': DECODER,
    'quantizers': [codebook(16), codebook(8, 5), codebook(16)],
    'weight_predictor': PREDICTOR,
}
ONE = {
    'type': 'adacode_mm.CodebookNet',
    'encoder': {
        **ENCODER,
        'channels': (4, 8, 8, 8),
        'up_channels': (),
        'swin': None,
    },
    'decoder': DECODER,
    'quantizers': [codebook(16)],
    'semantic_channels': 7,
}


def build(cfg, **changes):
    torch.manual_seed(0)
    net = MODELS.build({**cfg, **changes}).eval()
    for quantizer in net.quantizers:  # so that many codes are in use
        torch.nn.init.normal_(quantizer.embedding.weight, std=0.3)
    return net


@pytest.fixture
def image():
    torch.manual_seed(1)
    return torch.rand(2, 3, 16, 24)


@torch.no_grad()
def test_mixed_is_the_weighted_sum_of_the_bases(image):
    net = build(MANY)
    out = net(image)
    assert (net.scale, net.size_multiple) == (4, 8)
    assert out.image.shape == (2, 3, 64, 96)
    assert out.weight.shape == (2, 3, 8, 12)
    mixed = 0
    for k, quantized in enumerate(out.quantized):
        conv = net.post_quants[k]
        basis = F.conv2d(quantized.st, conv.weight, conv.bias, padding=1)
        mixed = mixed + out.weight[:, k : k + 1] * basis
    torch.testing.assert_close(out.mixed, mixed)
    skips = net.encoder(image)[1:]
    torch.testing.assert_close(out.image, net.decoder(out.mixed, skips))


@torch.no_grad()
def test_each_codebook_has_a_projection_of_the_same_feature(image):
    net = build(MANY)
    out = net(image)
    torch.testing.assert_close(out.feat, net.encoder(image)[0])
    for z, quantized, conv, quantizer in zip(
        out.pre_quant,
        out.quantized,
        net.pre_quants,
        net.quantizers,
        strict=True,
    ):
        torch.testing.assert_close(z, conv(out.feat))
        assert torch.equal(quantized.indices, quantizer(z).indices)
        assert len(quantized.indices.unique()) > 2
    torch.testing.assert_close(out.weight, net.weight_predictor(out.feat))


@torch.no_grad()
def test_one_codebook_goes_unweighted_to_the_decoder(image):
    net = build(ONE)
    image = image[..., :16]
    out = net(image)
    assert out.weight is None
    assert net.scale == 1
    st = out.quantized[0].st
    torch.testing.assert_close(out.mixed, net.post_quants[0](st))
    torch.testing.assert_close(out.image, net.decoder(out.mixed))
    head = net.semantic_head[0]
    torch.testing.assert_close(out.semantic, head(st).relu())
    assert out.semantic.shape[1] == 7
    assert (out.semantic == 0).any() and (out.semantic > 0).any()
    assert build(ONE, semantic_channels=None)(image).semantic is None


@pytest.mark.parametrize('cfg', [ONE, MANY], ids=['one', 'many'])
@torch.no_grad()
def test_every_part_affects_the_output(cfg, image):
    net = build(cfg)
    image = image[..., :16]
    before = net(image)
    for name, parameter in net.named_parameters():
        kept = parameter.clone()
        if name.startswith('quantizers'):
            parameter.copy_(-parameter)
        else:
            parameter.add_(0.1 * torch.randn_like(parameter))
        after = net(image)
        parameter.copy_(kept)
        field = 'semantic' if name.startswith('semantic') else 'image'
        change = getattr(after, field) - getattr(before, field)
        assert change.abs().max() > 1e-6, f'{name} has no effect'


def test_gradients_reach_all_but_the_codes(image):
    """The image trains the codes of no codebook: the loss on codes does."""
    net = build(MANY)
    out = net(image)
    out.image.square().mean().backward()
    for name, parameter in net.named_parameters():
        if name.startswith('quantizers'):
            assert parameter.grad is None, f'{name} got a gradient'
        else:
            assert parameter.grad is not None, f'no gradient for {name}'
            assert parameter.grad.abs().sum() > 0, f'no gradient for {name}'


@torch.no_grad()
def test_stop_before_the_decoder(image):
    net = build(MANY)
    whole, part = net(image), net(image, decode=False)
    assert part.image is None
    for field in ('feat', 'mixed', 'weight'):
        assert torch.equal(getattr(part, field), getattr(whole, field))

    def fail(*args):
        raise AssertionError('the decoder ran')

    net.decoder.register_forward_pre_hook(fail)
    net(image, decode=False)


@torch.no_grad()
def test_decoded_indices_are_the_decoded_codes(image):
    net = build(ONE)
    out = net(image[..., :16])
    found = net.decode_indices(out.quantized[0].indices)
    torch.testing.assert_close(found, out.image)
    net = build(MANY)
    indices = torch.tensor([[[0, 7], [3, 3]]])
    codes = net.quantizers[1].embedding.weight[indices].permute(0, 3, 1, 2)
    expected = net.decoder(net.post_quants[1](codes))
    found = net.decode_indices(indices, basis=1)
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize('index', [-1, 8])
def test_an_index_outside_of_the_codebook(index):
    with pytest.raises(InputError, match=r'codebook 1 must lie in 0\.\.7'):
        build(MANY).decode_indices(torch.full((1, 2, 2), index), basis=1)


@pytest.mark.parametrize('cfg', [ONE, MANY], ids=['one', 'many'])
@pytest.mark.parametrize('size', [(37, 51), (9, 40), (8, 8)])
@torch.no_grad()
def test_images_of_any_size(cfg, size):
    """The released padding by hand, then the network, then a crop."""
    net = build(cfg)
    image = torch.rand(1, 3, *size)
    h, w = size
    step = net.size_multiple
    rows = [*range(h), *reversed(range(h))][: (h // step + 1) * step]
    columns = [*range(w), *reversed(range(w))][: (w // step + 1) * step]
    padded = image[:, :, rows][..., columns]
    expected = net(padded).image[..., : h * net.scale, : w * net.scale]
    found = padded_forward(net, image)
    assert found.image.shape == (1, 3, h * net.scale, w * net.scale)
    torch.testing.assert_close(found.image, expected)


def test_every_attention_window_divides_the_size_multiple():
    for window, multiple in ((8, 16), (6, 24)):  # beside 4, two pixels each
        other = {**PREDICTOR, 'swin': {**SWIN, 'window_size': window}}
        net = build(MANY, weight_predictor=other)
        assert net.size_multiple == multiple
        image = torch.rand(1, 3, 12, 13)
        padded_forward(net, image, 'minimal')  # raises if it does not
    assert build(ONE).size_multiple == 64  # as released, without attention


@pytest.mark.parametrize(
    ('cfg', 'changes', 'message'),
    [
        (MANY, {'quantizers': []}, r'at least one codebook, got none'),
        (
            MANY,
            {'weight_predictor': None},
            r'more than one codebook, got 3 quantizers and .*=None',
        ),
        (
            ONE,
            {'weight_predictor': PREDICTOR},
            r'more than one codebook, got 1 quantizers',
        ),
        (MANY, {'semantic_channels': 7}, r'a single codebook, got 3'),
        (MANY, {'hole_fill': 'grey'}, r"'marked'\), got 'grey'"),
        (
            MANY,
            {'encoder': {**ENCODER, 'channels': (8, 8, 8, 8, 8)}},
            r'got x8 and x16: change',
        ),
    ],
)
def test_parts_that_do_not_fit(cfg, changes, message):
    with pytest.raises(ConfigError, match=message):
        build(cfg, **changes)


def test_an_image_between_windows_is_refused():
    with pytest.raises(InputError, match=r'\(4\), got 5x8: pad the image'):
        build(MANY)(torch.zeros(1, 3, 10, 16))
