import pytest
import torch
from torch import nn

from adacode_mm.checkpoints.strict import check_keys, load_strictly
from adacode_mm.core.exceptions import CheckpointError


@pytest.fixture
def net():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))


def test_everything_that_does_not_fit_is_said_in_one_sentence(net):
    state = {
        '0.weight': torch.zeros(3, 2),
        '0.bias': torch.zeros(4),
        '1.weight': torch.zeros(1, 3),
        'extra.weight': torch.zeros(1),
    }
    before = [p.clone() for p in net.parameters()]
    with pytest.raises(CheckpointError) as caught:
        load_strictly(net, state, "'some.pth'")
    assert str(caught.value) == (
        "'some.pth' does not fit the network: 1 of another shape (0.bias must "
        'be (3,) and is (4,)); 1 missing (1.bias); 1 unexpected '
        '(extra.weight): use the checkpoint of this architecture, or the '
        'config that the checkpoint was made with.'
    )
    for now, then in zip(net.parameters(), before, strict=True):
        assert torch.equal(now, then)


def test_long_lists_are_cut(net):
    state = {f'k{i}': torch.zeros(1) for i in range(9)}
    with pytest.raises(
        CheckpointError,
        match=r'4 missing \(0\.weight, 0\.bias, 1\.weight and 1 more\); '
        r'9 unexpected \(k0, k1, k2 and 6 more\)',
    ):
        check_keys(net.state_dict(), state, 'It')


def test_what_fits_is_loaded(net):
    state = {k: torch.randn_like(v) for k, v in net.state_dict().items()}
    load_strictly(net, state, 'It')
    for key, value in net.state_dict().items():
        assert torch.equal(value, state[key])
