"""What the house must know of `ToyNet`."""

from functools import partial

from adacode_mm.checkpoints.strict import build_strictly
from adacode_mm.models.family import Family, add_family
from adacode_mm.models.traits import SizeRule, Tiles, Traits

from .network import ToyNet


class ToyFamily(Family):
    name = 'toy'
    classes = ('ToyNet',)

    def recognises(self, layout):
        return 'toy_in.weight' in layout

    def open(self, weights):
        width = len(weights.state['toy_in.weight'])
        build = partial(ToyNet, width)
        net = build_strictly(build, weights.state, weights.source)
        return net, {'type': 'ToyNet', 'width': width}

    def traits(self, net):
        return Traits('Toy', 'sr', 4, SizeRule(4), tiles=Tiles(overlap=16))


FAMILY = ToyFamily()
add_family('toy', f'{__name__}:FAMILY')
