import pytest
import torch

from adacode_mm.models.backbones.fidelity_decoder import FidelityDecoder
from adacode_mm.models.backbones.plain_net import PlainNet
from adacode_mm.models.layers.bicubic_upscale import BicubicUpscale


def decoder(**options):
    torch.manual_seed(0)
    options = {'channels': (6, 8, 8), 'scale': 2, 'num_blocks': 2, **options}
    return FidelityDecoder(**options).eval()


@pytest.fixture
def inputs():
    torch.manual_seed(1)
    return torch.randn(2, 6, 3, 4), torch.rand(2, 3, 12, 16)


@torch.no_grad()
def test_at_0_the_image_does_not_matter(inputs):
    latent, image = inputs
    net = decoder()
    first = net(latent, (), image, 0.0)
    assert torch.equal(first, net(latent, (), image.flip(3), 0.0))
    assert first.shape == (2, 3, 24, 32)


@torch.no_grad()
def test_at_1_it_adds_to_the_enlarged_image(inputs):
    latent, image = inputs
    net = decoder()
    before = net(latent, (), image, 1.0)
    net.draft.weight.zero_()  # has no say
    torch.testing.assert_close(net(latent, (), image, 1.0), before)
    net.details.weight.zero_()
    net.details.bias.zero_()
    expected = BicubicUpscale(2)(image)
    torch.testing.assert_close(net(latent, (), image, 1.0), expected)


@torch.no_grad()
def test_each_image_has_a_fidelity_of_its_own(inputs):
    latent, image = inputs
    net = decoder()
    both = net(latent, (), image, torch.tensor([0.2, 0.9]))
    for k, w in enumerate((0.2, 0.9)):
        one = slice(k, k + 1)
        alone = net(latent[one], (), image[one], w)
        torch.testing.assert_close(both[one], alone)


@torch.no_grad()
def test_without_an_image_it_is_what_the_other_is_at_0(inputs):
    latent, image = inputs
    net, blind = decoder(), decoder(with_image=False)
    state = net.state_dict()
    for name in ('skip.weight', 'skip.bias'):
        del state[name]
    blind.load_state_dict(state)
    torch.testing.assert_close(blind(latent), net(latent, (), image, 0.0))
    assert torch.equal(blind(latent), net(latent))


@torch.no_grad()
def test_without_codes_it_is_a_plain_network(inputs):
    latent, image = inputs
    net = decoder()
    plain = PlainNet(scale=2, channels=8, num_blocks=2)
    net.skip.load_state_dict(plain.head.state_dict())
    net.trunk.load_state_dict(plain.trunk.state_dict())
    net.details.load_state_dict(plain.tail.state_dict())
    for parameter in net.ups.parameters():
        parameter.zero_()
    torch.testing.assert_close(net(latent, (), image, 1.0), plain(image))


@torch.no_grad()
def test_folded_upsampling_is_the_same(inputs):
    latent, image = inputs
    net = decoder()
    expected = net(latent, (), image, 0.5)
    with torch.enable_grad():
        torch.testing.assert_close(net(latent, (), image, 0.5), expected)


@pytest.mark.parametrize('blocks', [0, 1, 3])
def test_reach_is_how_far_a_latent_row_is_seen(blocks):
    net = decoder(num_blocks=blocks)
    latent = torch.zeros(1, 6, 40, 1, requires_grad=True)
    image = torch.zeros(1, 3, 160, 4)
    row = 20
    restored = net(latent, (), image, 0.5)
    per_row = net.upsampling
    restored[:, :, row * per_row : (row + 1) * per_row].sum().backward()
    seen = latent.grad.abs().sum((0, 1, 3)).nonzero().flatten()
    reach = max(row - seen.min().item(), seen.max().item() - row)
    assert reach <= net.reach <= reach + 1
