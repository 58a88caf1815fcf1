import pytest
import torch

from adacode_mm.models.backbones.weight_predictor import WeightPredictor

SWIN = {'num_layers': 1, 'depth': 2, 'num_heads': 2, 'window_size': 4}


def predictor(**changes):
    torch.manual_seed(0)
    return WeightPredictor(8, 5, swin=SWIN, **changes).eval()


@pytest.fixture
def feature():
    torch.manual_seed(1)
    return torch.randn(2, 8, 8, 4)


@torch.no_grad()
def test_weights_are_free_by_default(feature):
    net = predictor()
    weight = net(feature)
    weights, bias = net.head.weight[:, :, 0, 0], net.head.bias
    expected = torch.einsum('kc,bchw->bkhw', weights, net.swin(feature))
    torch.testing.assert_close(weight, expected + bias[:, None, None])
    assert weight.min() < 0
    assert (weight.sum(1) - 1).abs().max() > 0.1


@torch.no_grad()
def test_softmax_over_the_codebooks(feature):
    weight = predictor(softmax=True)(feature)
    torch.testing.assert_close(weight.sum(1), torch.ones(2, 8, 4))
    assert weight.min() > 0
    torch.testing.assert_close(weight, predictor()(feature).softmax(1))


def test_default_is_the_papers_swin():
    net = WeightPredictor(256, 5)
    assert sum(p.numel() for p in net.parameters()) == 21_359_045
