import pytest
import torch

from adacode_mm.models.backbones.multi_scale_decoder import MultiScaleDecoder


@pytest.fixture
def decoder():
    torch.manual_seed(0)
    return MultiScaleDecoder(channels=(8, 8, 4, 4), num_groups=2).eval()


@pytest.fixture
def latent():
    torch.manual_seed(1)
    return torch.randn(2, 8, 3, 2)


@torch.no_grad()
def test_blocks_then_a_bare_convolution(decoder, latent):
    assert decoder.upsampling == 8
    assert decoder.in_channels == 8
    x = latent
    for block in decoder.blocks:
        x = block(x)
    expected = decoder.out_conv(x)
    assert expected.shape == (2, 3, 24, 16)
    torch.testing.assert_close(decoder(latent), expected)
    decoder.out_conv.bias += torch.tensor([5.0, -5.0, 0.0])
    found = decoder(latent)  # neither clipped nor squashed
    torch.testing.assert_close(found[:, 0], expected[:, 0] + 5)
    torch.testing.assert_close(found[:, 1], expected[:, 1] - 5)


@torch.no_grad()
def test_skips_enter_before_the_second_and_third_block(decoder, latent):
    skips = [torch.randn(2, 8, 6, 4), torch.randn(2, 4, 12, 8)]
    first, second, third = decoder.blocks
    x = second(first(latent) + skips[0])
    expected = decoder.out_conv(third(x + skips[1]))
    torch.testing.assert_close(decoder(latent, skips), expected)
    # one skip feature alone
    x = third(second(first(latent) + skips[0]))
    torch.testing.assert_close(decoder(latent, skips[:1]), decoder.out_conv(x))


def test_every_parameter_has_a_gradient(decoder, latent):
    decoder(latent).square().mean().backward()
    for name, parameter in decoder.named_parameters():
        assert parameter.grad.abs().sum() > 0, f'no gradient for {name}'
