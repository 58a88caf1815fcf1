import pytest
import torch

from adacode_mm.models.losses.vq_loss import VQLoss

Z = [[[[0.0, 1.0], [2.0, 3.0]]]]
CODES = [[[[1.0, 1.0], [1.0, 1.0]]]]  # mean squared difference to Z: 1.5


@pytest.mark.parametrize(
    ('kwargs', 'expected'),
    [
        ({}, 1.5 + 0.25 * 1.5),
        ({'beta': 1.0}, 3.0),
        ({'codebook_weight': 0.0}, 0.375),
        ({'codebook_weight': 2.0, 'loss_weight': 0.5}, 1.6875),
    ],
)
def test_value_by_hand(output, feature, kwargs, expected):
    out = output([feature(Z)], [feature(CODES)])
    assert VQLoss(**kwargs)(out).item() == pytest.approx(expected)


def test_codebooks_are_summed(output, feature):
    out = output([feature(Z)] * 3, [feature(CODES)] * 3)
    assert VQLoss()(out).item() == pytest.approx(3 * 1.875)


def test_each_term_trains_its_side(output, feature):
    z, codes = feature(Z), feature(CODES)
    VQLoss(beta=0.25)(output([z], [codes])).backward()
    # d mean((codes - z)^2) / d codes = (codes - z) / 2 for four elements
    torch.testing.assert_close(
        codes.grad, torch.tensor([[[[0.5, 0.0], [-0.5, -1.0]]]])
    )
    torch.testing.assert_close(z.grad, -0.25 * codes.grad)


def test_frozen_codes_get_no_gradient_and_no_constant(output, feature):
    z, codes = feature(Z), feature(CODES)
    VQLoss(codebook_weight=0.0)(output([z], [codes])).backward()
    assert codes.grad is None
    assert z.grad.abs().sum() > 0


def test_zero_at_the_optimum(output, feature):
    assert VQLoss()(output([feature(Z)], [feature(Z)])).item() == 0


@pytest.mark.parametrize('batch', [1, 3])
def test_batch_is_averaged(output, feature, batch):
    out = output(
        [feature(Z).repeat(batch, 1, 1, 1)],
        [feature(CODES).repeat(batch, 1, 1, 1)],
    )
    assert VQLoss()(out).item() == pytest.approx(1.875)


def test_released_value(output, released):
    inputs, values = released
    z = inputs['unit_z']
    distance = torch.cdist(z.movedim(1, 3), inputs['unit_codebook'])
    indices = distance.argmin(-1)
    assert torch.equal(indices, inputs['unit_indices'][:, 0])
    codes = inputs['unit_codebook'][indices].movedim(3, 1)
    value = VQLoss()(output([z], [codes])).item()
    assert value == pytest.approx(values['unit_vq_loss'], rel=1e-6)
