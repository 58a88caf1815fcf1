import pytest
import torch

from adacode_mm.core.exceptions import ConfigError, InputError
from adacode_mm.models.losses.prior_match_loss import PriorMatchLoss

# Mean squared difference (0 + 4 + 0 + 0) / 4 = 1; Gram distance 1.5.
X = [[[[1.0, 2.0]], [[0.0, 1.0]]]]
Y = [[[[1.0, 0.0]], [[0.0, 1.0]]]]


@pytest.mark.parametrize('tap', ['mixed', 'feat'])
@pytest.mark.parametrize(
    ('kwargs', 'expected'),
    [
        ({}, 0.25 + 1.5),
        ({'gram_weight': 0.0}, 0.25),
        ({'beta': 2.0, 'gram_weight': 0.5, 'loss_weight': 3.0}, 8.25),
    ],
)
def test_value_by_hand(output, feature, tap, kwargs, expected):
    out, prior = output(**{tap: feature(X)}), output(**{tap: feature(Y)})
    loss = PriorMatchLoss(tap, **kwargs)(out, prior)
    assert loss.item() == pytest.approx(expected)


def test_codes_tap_compares_projections_with_the_priors_codes(output, feature):
    x, y = feature(X), feature(Y)
    own_codes, own_z = feature(X), feature(X)
    out = output(pre_quant=[x, y], codes=[own_codes, own_codes])
    prior = output(pre_quant=[own_z, own_z], codes=[y, y])
    loss = PriorMatchLoss()(out, prior)
    assert loss.item() == pytest.approx(1.75 + 0)
    loss.backward()
    assert x.grad.abs().sum() > 0
    assert y.grad.abs().sum() == 0  # as pre_quant; detached as a target
    assert own_codes.grad is None
    assert own_z.grad is None


@pytest.mark.parametrize('tap', ['codes', 'mixed', 'feat'])
def test_trains_the_network_not_the_prior(output, feature, tap):
    x, y = feature(X), feature(Y)
    out = output(pre_quant=[x], mixed=x, feat=x)
    prior = output(codes=[y], mixed=y, feat=y)
    PriorMatchLoss(tap, gram_weight=0)(out, prior).backward()
    # 0.25 * 2 * (x - y) / 4
    torch.testing.assert_close(x.grad, (x - y).detach() / 8)
    assert y.grad is None


@pytest.mark.parametrize('tap', ['codes', 'mixed', 'feat'])
def test_zero_at_the_optimum(output, feature, tap):
    x = feature(X)
    same = output(pre_quant=[x], codes=[x], mixed=x, feat=x)
    assert PriorMatchLoss(tap)(same, same).item() == 0


@pytest.mark.parametrize('batch', [1, 3])
def test_batch_is_averaged(output, feature, batch):
    out = output(mixed=feature(X).repeat(batch, 1, 1, 1))
    prior = output(mixed=feature(Y).repeat(batch, 1, 1, 1))
    loss = PriorMatchLoss('mixed')(out, prior)
    assert loss.item() == pytest.approx(1.75)


def test_released_values(output, released):
    inputs, values = released
    loss = PriorMatchLoss('feat')(
        output(feat=inputs['unit_x']), output(feat=inputs['unit_y'])
    )
    expected = values['unit_feature_loss']
    assert loss.item() == pytest.approx(expected, rel=1e-6)
    codes = inputs['unit_codebook'][inputs['unit_target'][:, 0]]
    loss = PriorMatchLoss('codes')(
        output(pre_quant=[inputs['unit_z']]),
        output(codes=[codes.movedim(3, 1)]),
    )
    expected = values['unit_vq_loss_target']
    assert loss.item() == pytest.approx(expected, rel=1e-6)


def test_unknown_tap_lists_the_choices():
    with pytest.raises(ConfigError, match=r"'codes', 'mixed', 'feat'.*'z'"):
        PriorMatchLoss('z')


def test_prior_that_does_not_fit(output, feature):
    x, y = feature(X), feature(Y)
    with pytest.raises(InputError, match='got None'):
        PriorMatchLoss()(output([x]), None)
    with pytest.raises(InputError, match=r'as the network, 2, got 1'):
        PriorMatchLoss()(output([x, x]), output(codes=[y]))
    with pytest.raises(
        InputError, match=r'\(1, 2, 1, 2\), got \(1, 2, 1, 4\)'
    ):
        PriorMatchLoss('feat')(
            output(feat=x), output(feat=y.repeat(1, 1, 1, 2))
        )
