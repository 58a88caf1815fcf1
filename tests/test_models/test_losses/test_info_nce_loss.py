import math

import pytest
import torch

from adacode_mm.core.exceptions import ConfigError, InputError
from adacode_mm.models.losses.info_nce_loss import InfoNCELoss
from adacode_mm.models.structures import CodebookOutput


def outputs(x, y):
    return [CodebookOutput(None, f, [], [], f) for f in (x, y)]


def nce(x, y, **kwargs):
    return InfoNCELoss(**kwargs)(*outputs(x, y))


def random_pair(batch):
    generator = torch.Generator().manual_seed(batch)
    return torch.randn(2, batch, 5, 2, 3, generator=generator)


@pytest.fixture
def quarter_turned():
    """Two orthogonal images; one pixel of four of the first GT is negated.

    Cosines: 0.5 between the first image and its GT, 1 for the second, 0
    between the images.
    """
    x = torch.zeros(2, 2, 2, 2)
    x[0, 0], x[1, 1] = 1, 1
    y = x.clone()
    y[0, 0, 1, 1] = -1
    return x, y


@pytest.mark.parametrize('temperature', [0.5, 1.0])
def test_value_by_hand(quarter_turned, temperature):
    first, second = 0.5 / temperature, 1 / temperature
    rows = [math.log(math.exp(pos) + 2) - pos for pos in (first, second)]
    value = nce(*quarter_turned, temperature=temperature).item()
    assert value == pytest.approx(sum(rows) / 2)  # each row counts twice
    value = nce(*quarter_turned, temperature=temperature, loss_weight=3)
    assert value.item() == pytest.approx(3 * sum(rows) / 2)


def test_only_directions_matter(quarter_turned):
    x, y = quarter_turned
    scale = torch.tensor([0.1, 7.0]).view(2, 1, 1, 1)
    assert nce(x * scale, y * 5).item() == pytest.approx(nce(x, y).item())


@pytest.mark.parametrize('batch', [1, 2, 3, 8])
def test_definition_for_any_batch(batch):
    x, y = random_pair(batch)
    rows = torch.cat([x, y])
    loss = 0
    for i, anchor in enumerate(rows):
        similar = torch.cosine_similarity(anchor[None], rows).mean((1, 2))
        exponentials = (similar / 0.5).exp()
        others = exponentials.sum() - exponentials[i]
        positive = exponentials[(i + batch) % (2 * batch)]
        loss = loss - (positive / others).log() / (2 * batch)
    assert nce(x, y).item() == pytest.approx(loss.item(), abs=1e-6)


def test_one_image_has_no_negatives():
    x, y = random_pair(1)
    x.requires_grad_()
    loss = nce(x, y)
    loss.backward()
    assert loss.item() == 0
    assert x.grad.abs().max() == 0


def test_zero_in_the_limit():
    x = torch.tensor([1.0, -1.0]).view(2, 1, 1, 1)
    assert nce(x, x, temperature=0.02).item() == pytest.approx(0, abs=1e-6)


def test_gradient_goes_to_the_network_only():
    x, y = random_pair(3).double()
    x.requires_grad_()
    y.requires_grad_()
    nce(x, y).backward()
    assert y.grad is None
    assert torch.autograd.gradcheck(lambda x: nce(x, y.detach()), x)
    with torch.no_grad():
        assert nce(x - 0.1 * x.grad, y) < nce(x, y)


@pytest.mark.parametrize('batch', [2, 4])
def test_released_values(released, batch):
    inputs, values = released
    x, y = inputs['unit_x'][:batch], inputs['unit_y'][:batch]
    expected = values[f'unit_contrastive_b{batch}']
    assert nce(x, y).item() == pytest.approx(expected, rel=1e-6)


def test_refuses_what_it_cannot_compare():
    x, y = random_pair(2)
    with pytest.raises(InputError, match='got None'):
        InfoNCELoss()(outputs(x, y)[0], None)
    with pytest.raises(
        InputError, match=r'\(2, 5, 2, 3\), got \(1, 5, 2, 3\)'
    ):
        nce(x, y[:1])
    with pytest.raises(ConfigError, match='positive, got 0'):
        InfoNCELoss(temperature=0)
