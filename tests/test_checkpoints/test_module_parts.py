import pytest
from mmengine.registry import MODEL_WRAPPERS
from torch import nn

from adacode_mm.checkpoints.module_parts import find_part
from adacode_mm.core.exceptions import ConfigError


@MODEL_WRAPPERS.register_module()
class PartsTestWrapper(nn.Module):
    def __init__(self, module):
        super().__init__()
        self.module = module


@pytest.fixture
def model():
    inner = nn.ModuleDict({'heads': nn.ModuleList([nn.ReLU(), nn.GELU()])})
    return nn.ModuleDict({'plain': inner, 'wrapped': PartsTestWrapper(inner)})


def test_dotted_names_also_through_wrappers(model):
    inner = model['plain']
    assert find_part(model, '') is model
    assert find_part(model, 'plain') is inner
    assert find_part(model, 'wrapped') is inner
    assert find_part(model, 'wrapped.heads.1') is inner['heads'][1]


def test_choices_are_named(model):
    with pytest.raises(
        ConfigError,
        match=r"no part 'plain\.tails\.1' .* 'tails' must be one of "
        r"\['heads'\]",
    ):
        find_part(model, 'plain.tails.1')
