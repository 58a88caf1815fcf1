import pytest
import torch

from adacode_mm.models.quantizers.vector_quantizer import VectorQuantizer


@pytest.fixture
def quantizer():
    torch.manual_seed(0)
    quantizer = VectorQuantizer(17, 6)
    torch.nn.init.normal_(quantizer.embedding.weight)
    return quantizer


@pytest.fixture
def feature():
    torch.manual_seed(1)
    # not contiguous, as a permuted feature is
    return torch.randn(3, 4, 5, 6).permute(0, 3, 1, 2).requires_grad_()


def test_nearest_by_hand():
    quantizer = VectorQuantizer(3, 2)
    codes = torch.tensor([[0.0, 0.0], [2.0, 0.0], [0.0, 3.0]])
    quantizer.embedding.weight.data.copy_(codes)
    z = torch.tensor([[[[0.9, 1.1], [0.1, 0.0]], [[0.0, 0.0], [1.4, 1.6]]]])
    out = quantizer(z)
    assert out.indices.tolist() == [[[0, 1], [0, 2]]]
    expected = [[[[0, 2], [0, 0]], [[0, 0], [0, 3]]]]
    assert out.codes.tolist() == expected
    torch.testing.assert_close(out.st, out.codes)


def test_nearest_by_brute_force(quantizer, feature):
    indices = quantizer(feature).indices
    rows = feature.permute(0, 2, 3, 1)[..., None, :]
    distance = (rows - quantizer.embedding.weight).norm(dim=-1)
    assert torch.equal(indices, distance.argmin(-1))
    assert indices.dtype == torch.int64
    assert len(indices.unique()) > 5


def test_lookup_of_the_indices_gives_the_codes(quantizer, feature):
    out = quantizer(feature)
    assert torch.equal(quantizer.lookup(out.indices), out.codes)
    b, y, x = 2, 3, 1
    expected = quantizer.embedding.weight[out.indices[b, y, x]]
    assert torch.equal(out.codes[b, :, y, x], expected)


def test_straight_through_has_the_codes_values(quantizer, feature):
    out = quantizer(feature)
    # the rounding of the released networks
    assert torch.equal(out.st, feature + (out.codes - feature))
    torch.testing.assert_close(out.st, out.codes)


def test_gradient_of_st_is_the_identity(quantizer, feature):
    out = quantizer(feature)
    upstream = torch.randn_like(out.st)
    out.st.backward(upstream)
    assert torch.equal(feature.grad, upstream)
    assert quantizer.embedding.weight.grad is None


def test_codes_train_the_chosen_rows_and_nothing_else(quantizer, feature):
    out = quantizer(feature)
    out.codes.sum().backward()
    assert feature.grad is None
    uses = torch.bincount(out.indices.flatten(), minlength=17).float()
    expected = uses[:, None].expand(17, 6)
    torch.testing.assert_close(quantizer.embedding.weight.grad, expected)


@pytest.mark.parametrize('training', [True, False])
def test_a_forward_changes_no_state(quantizer, feature, training):
    quantizer.train(training)
    before = {k: v.clone() for k, v in quantizer.state_dict().items()}
    first, second = quantizer(feature), quantizer(feature)
    assert torch.equal(first.indices, second.indices)
    after = quantizer.state_dict()
    assert list(after) == ['embedding.weight']
    assert torch.equal(after['embedding.weight'], before['embedding.weight'])


def test_initial_codes_are_uniform_in_the_released_range():
    torch.manual_seed(0)
    codes = VectorQuantizer(50, 400).embedding.weight.detach()
    assert -1 / 50 <= codes.min() < -0.99 / 50
    assert 0.99 / 50 < codes.max() <= 1 / 50
    assert codes.std().item() == pytest.approx(1 / 50 / 3**0.5, rel=0.01)


def test_half_precision_is_compared_in_single_precision(quantizer):
    """Squares of a few hundred do not fit into float16."""
    with torch.no_grad():
        quantizer.embedding.weight.mul_(300)
        z = quantizer.embedding.weight[[3, 11, 5]].t().reshape(1, 6, 1, 3)
        indices = quantizer.nearest(z.half())
    assert indices.tolist() == [[[3, 11, 5]]]


def test_double_precision_is_kept(quantizer, feature):
    precise = quantizer.double()(feature.detach().double())
    assert precise.st.dtype == torch.float64
    assert torch.equal(precise.codes, quantizer.lookup(precise.indices))
    assert torch.equal(
        precise.indices, quantizer.float()(feature.detach()).indices
    )
