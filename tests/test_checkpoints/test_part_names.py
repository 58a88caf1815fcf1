from torch import nn

from adacode_mm.checkpoints.part_names import describe_parts, parameter_names

KEYS = ['a.b.weight', 'a.b.bias', 'a.c.weight', 'd.e.weight', 'f', 'a2.b']


def test_the_largest_whole_parts():
    assert describe_parts(KEYS, KEYS) == (
        'a (3 tensors), d, f, a2'  # one tensor needs no number
    )
    assert describe_parts(KEYS[:2], KEYS) == 'a.b (2 tensors)'
    assert describe_parts(['a.b.bias', 'a.c.weight'], KEYS) == 'a.b.bias, a.c'
    assert describe_parts([], KEYS) == 'nothing'


class Wrapper(nn.Module):
    def __init__(self, module):
        super().__init__()
        self.module = module


def test_names_without_wrappers():
    net = nn.Module()
    net.frozen = nn.Linear(2, 2, bias=False).requires_grad_(False)
    net.generator = Wrapper(nn.Sequential(nn.Linear(2, 2)))
    assert parameter_names(net) == {
        'frozen.weight': False,
        'generator.0.weight': True,
        'generator.0.bias': True,
    }
