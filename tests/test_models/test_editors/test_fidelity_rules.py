import pytest
import torch
from refusals import refused
from torch import nn

from adacode_mm.core.exceptions import ConfigError
from adacode_mm.models.editors.fidelity_rules import FidelityRules


class Takes(nn.Module):
    takes_fidelity = True


def rules(**fidelity):
    return FidelityRules(Takes(), {'fidelity': fidelity})


def test_shares_of_faithful_and_coded_images():
    torch.manual_seed(0)
    drawn = rules(faithful=0.5, codes=0.2).draw(torch.zeros(20000, 1))
    w = drawn['fidelity']
    assert (w == 1).float().mean() == pytest.approx(0.5, abs=0.01)
    assert (w == 0).float().mean() == pytest.approx(0.2, abs=0.01)
    between = w[(w > 0) & (w < 1)]
    assert between.mean() == pytest.approx(0.5, abs=0.01)
    assert between.std() == pytest.approx(12**-0.5, abs=0.01)


@pytest.mark.parametrize('batch', [4, 8])
def test_every_batch_has_something_to_judge(batch):
    torch.manual_seed(0)
    given = rules()
    for _ in range(100):
        given.draw(torch.zeros(batch, 1))
        assert len(given.judged(torch.zeros(batch, 1)))


def test_a_seed_draws_the_same():
    drawn = []
    for _ in range(2):
        torch.manual_seed(3)
        drawn.append(rules().draw(torch.zeros(8, 1))['fidelity'])
    assert torch.equal(*drawn)


def test_others_judge_what_is_not_faithful():
    torch.manual_seed(0)
    given = rules(judged_below=0.6, judged=3)
    w = given.draw(torch.zeros(40, 1))['fidelity']
    seen = given.judged(w[:, None]).flatten()
    assert torch.equal(seen, w[w <= 0.6][:3])
    everything = rules(faithful=0, judged_below=1)
    w = everything.draw(torch.zeros(40, 1))['fidelity']
    assert torch.equal(everything.judged(w), w)


def test_without_a_fidelity_nothing_is_drawn_and_all_is_judged():
    without = FidelityRules(nn.Identity(), {'hole_weight': 2})
    image = torch.rand(3, 1)
    assert without.draw(image) == {}
    assert without.judged(image) is image


@pytest.mark.parametrize(
    ('net', 'cfg'),
    [
        (nn.Identity(), {'fidelity': {}}),
        (Takes(), {}),
        (Takes(), {'fidelity': {'faithfull': 1}}),
    ],
)
def test_wrong_configs(net, cfg):
    with refused(ConfigError, 'fidelity'):
        FidelityRules(net, cfg)


def test_clean_images_are_the_faithful_ones():
    given = rules(faithful=0.25, codes=0.25)
    clean = [k % 2 == 1 for k in range(40)]
    w = given.draw(torch.zeros(40, 1), clean)['fidelity']
    odd = torch.tensor(clean)
    assert (w == 1).sum() == 10
    assert (w[odd] == 1).sum() == 10
    # The rest is dealt out to all the others.
    assert (w[~odd] == 0).sum() + (w[odd] == 0).sum() == 10
    assert 0 < (w[odd] == 0).sum() < 10
    few = given.draw(torch.zeros(40, 1), [k < 4 for k in range(40)])
    assert (few['fidelity'][:4] == 1).all()
    assert (few['fidelity'] == 1).sum() == 10
