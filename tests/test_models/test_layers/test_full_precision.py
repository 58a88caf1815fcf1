import torch

from adacode_mm.models.layers.full_precision import full_precision
from adacode_mm.models.structures import Quantized


@full_precision
def product(pair, factor):
    assert not torch.is_autocast_enabled('cpu')
    return pair.st @ pair.codes * factor


def test_products_are_exact_under_autocast():
    torch.manual_seed(0)
    x, y = torch.rand(2, 64, 64)
    pair = Quantized(x, y, torch.arange(3))
    with torch.autocast('cpu', dtype=torch.bfloat16):
        rounded = x @ y
        found = product(pair, 2.0)
        assert torch.is_autocast_enabled('cpu')
    assert rounded.dtype == torch.bfloat16
    assert torch.equal(found, x @ y * 2)


def test_half_precision_comes_in_as_float32_and_gradients_go_back():
    seen = []

    @full_precision
    def look(self, tensors):
        seen.extend(tensors)
        return tensors[0].sum()

    half = torch.ones(2, dtype=torch.bfloat16, requires_grad=True)
    double, whole = torch.ones(2).double(), torch.arange(2)
    look(None, [half, double, whole]).backward()
    assert [t.dtype for t in seen] == [
        torch.float32,
        torch.float64,
        torch.int64,
    ]
    assert half.grad.dtype == torch.bfloat16
    assert half.grad.tolist() == [1, 1]
