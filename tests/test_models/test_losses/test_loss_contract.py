"""What the training model relies on, for every loss."""

import pickle

import pytest
from torch import nn

from adacode_mm.registry import _PLACES, MODELS

CODE_LEVEL = {
    'InfoNCELoss': (True, 'prior'),
    'PriorMatchLoss': (True, 'prior'),
    'SemanticLoss': (False, 'gt'),
    'VQLoss': (False, 'prior'),
}
NAMES = [
    name
    for name, place in _PLACES['MODELS'].items()
    if place.startswith('models.losses.')
]


@pytest.mark.parametrize('name', NAMES)
def test_built_by_name_without_any_file(name):
    loss = MODELS.build({'type': name, 'loss_weight': 0.5})
    assert type(loss) is MODELS.own(name)
    assert loss.loss_weight == 0.5
    assert isinstance(loss, nn.Module)
    assert not loss.state_dict()
    assert pickle.loads(pickle.dumps(loss)).loss_weight == 0.5


@pytest.mark.parametrize('name', NAMES)
def test_unknown_argument_is_refused(name):
    with pytest.raises(TypeError):
        MODELS.build({'type': name, 'weigth': 1})


@pytest.mark.parametrize('name', sorted(CODE_LEVEL))
def test_code_level_losses_say_what_they_are_called_with(name):
    cls = MODELS.own(name)
    assert (cls.needs_prior, cls.target) == CODE_LEVEL[name]
