import pytest
import torch
from torch import nn

from adacode_mm.models.layers.pixel_linear import PixelLinear
from adacode_mm.models.layers.swin_layers import SwinLayers


@pytest.mark.parametrize('bias', [True, False])
@pytest.mark.parametrize('shape', [(3, 16, 8), (5, 8), (2, 4, 4, 8)])
@pytest.mark.parametrize('threads', [1, 2])
def test_value_and_gradients_of_a_linear_layer(shape, bias, threads):
    """One thread and two take different kernels."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        torch.manual_seed(0)
        linear = nn.Linear(8, 24, bias)
        own = PixelLinear(8, 24, bias)
        own.load_state_dict(linear.state_dict())
        x = torch.randn(shape)
        results = []
        for layer in (linear, own):
            given = x.clone().requires_grad_()
            layer.zero_grad()
            y = layer(given)
            y.square().sum().backward()
            grads = [p.grad.clone() for p in layer.parameters()]
            results.append([y, given.grad, *grads])
    finally:
        torch.set_num_threads(before)
    assert results[0][0].shape == (*shape[:-1], 24)
    assert len(results[0]) == 3 + bias
    for found, expected in zip(*results, strict=True):
        torch.testing.assert_close(found, expected)


def test_the_swin_blocks_use_it():
    layers = SwinLayers(channels=8, num_layers=1, depth=2, num_heads=2)
    linears = [m for m in layers.modules() if isinstance(m, nn.Linear)]
    assert len(linears) == 2 * 4
    assert all(isinstance(each, PixelLinear) for each in linears)
