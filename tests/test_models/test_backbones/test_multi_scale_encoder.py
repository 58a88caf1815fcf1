import pytest
import torch
import torch.nn.functional as F

from adacode_mm.core.exceptions import ConfigError
from adacode_mm.models.backbones.multi_scale_encoder import MultiScaleEncoder

SWIN = {'num_layers': 1, 'depth': 2, 'num_heads': 2, 'window_size': 4}


def encoder(**changes):
    torch.manual_seed(0)
    args = {'channels': (4, 8, 8), 'num_groups': 2} | changes
    return MultiScaleEncoder(**args).eval()


@torch.no_grad()
def test_input_convolution_then_down_blocks():
    net = encoder()
    assert net.downsampling == 4
    assert net.out_channels == 8
    image = torch.rand(2, 3, 16, 24)
    x = F.conv2d(image, net.in_conv.weight, net.in_conv.bias, padding=1)
    assert x.shape[2:] == (15, 23)  # a 4x4 kernel
    for down in net.downs:
        x = down(x)
    (feat,) = net(image)
    assert feat.shape == (2, 8, 4, 6)
    torch.testing.assert_close(feat, x)


@torch.no_grad()
def test_skip_features_come_from_the_attended_latent_feature():
    net = encoder(up_channels=(8, 4), swin=SWIN)
    image = torch.rand(1, 3, 32, 16)
    feats = net(image)
    x = net.in_conv(image)
    for down in net.downs:
        x = down(x)
    expected = [net.swin(x)]
    assert not torch.allclose(expected[0], x)
    for up in net.ups:
        expected.append(up(expected[-1]))
    assert [f.shape[1:] for f in feats] == [
        (8, 8, 4),
        (8, 16, 8),
        (4, 32, 16),
    ]
    for found, wanted in zip(feats, expected, strict=True):
        torch.testing.assert_close(found, wanted)


def test_every_parameter_has_a_gradient():
    net = encoder(up_channels=(8, 4), swin=SWIN)
    feats = net(torch.rand(1, 3, 32, 32))
    sum(f.square().mean() for f in feats).backward()
    for name, parameter in net.named_parameters():
        assert parameter.grad is not None, f'no gradient for {name}'
        assert parameter.grad.abs().sum() > 0, f'zero gradient for {name}'


def test_image_channels_are_a_number_of_the_config():
    net = encoder(in_channels=4)
    image = torch.rand(1, 4, 16, 16)
    plain = net(image)[0]
    image[:, 3] += 1
    assert (net(image)[0] - plain).abs().max() > 1e-3


def test_groups_must_divide_the_channels():
    with pytest.raises(ConfigError, match='num_groups=3'):
        encoder(num_groups=3)
