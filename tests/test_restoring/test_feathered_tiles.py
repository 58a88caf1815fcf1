"""Overlapping tiles that fade into each other, of networks known by heart."""

from itertools import pairwise

import pytest
import torch
from torch import nn

from adacode_mm.models.family import Family
from adacode_mm.models.traits import SizeRule, Tiles, Traits
from adacode_mm.restoring.feathered_tiles import feathered_tiles, grid_of


class Known(Family):
    """A family of networks of one size rule."""

    name = 'known'

    def __init__(self, scale=1, size=None, tiles=None):
        self.facts = Traits(
            'Known', 'restore', scale, size or SizeRule(), tiles=tiles
        )

    def recognises(self, layout):
        return False

    def open(self, weights):
        raise NotImplementedError

    def traits(self, net):
        return self.facts


class Enlarging(nn.Module):
    """Repeats pixels, and remembers the sizes it was given."""

    def __init__(self, scale):
        super().__init__()
        self.scale, self.given = scale, []

    def forward(self, image):
        self.given.append(tuple(image.shape[2:]))
        image = image.repeat_interleave(self.scale, 2)
        return image.repeat_interleave(self.scale, 3)


class Brightening(nn.Module):
    """Gives each image, so each tile, the same mean."""

    def forward(self, image):
        return image - image.mean((2, 3), keepdim=True) + 0.5


def tiled(family, net, image, wanted=1):
    traits = family.traits(net)
    grid = grid_of(family, net, traits, tuple(image.shape), wanted)
    return grid, feathered_tiles(family, net, traits, image, grid).image


@pytest.mark.parametrize('scale', [1, 3])
@pytest.mark.parametrize('size', [(150, 200), (64, 300), (65, 65), (10, 500)])
@pytest.mark.parametrize(
    'rule', [SizeRule(), SizeRule(8), SizeRule(24), SizeRule(exactly=96)]
)
def test_tiles_of_a_pointwise_network_are_the_whole(scale, size, rule):
    family = Known(scale, rule, Tiles(overlap=32))
    image = torch.rand(2, 3, *size)
    net = Enlarging(scale)
    grid, found = tiled(family, net, image)
    assert len(grid) > 1 or rule.multiple == 24 or rule.exactly
    assert len(grid) < 40
    torch.testing.assert_close(found, Enlarging(scale)(image))
    for height, width in net.given:
        assert rule.fitted(height) == height and rule.fitted(width) == width


def test_neighbours_share_the_overlap():
    family = Known(size=SizeRule(exactly=96), tiles=Tiles(overlap=40))
    shape = (1, 3, 333, 517)
    grid = grid_of(family, None, family.facts, shape, 1)
    assert grid.size == (96, 96)
    for starts, total in ((grid.tops, 333), (grid.lefts, 517)):
        assert starts[0] == 0 and starts[-1] + 96 >= total
        steps = [b - a for a, b in pairwise(starts)]
        assert max(steps) <= 96 - 40 and min(steps) % 16 == 0


def test_a_guide_gives_tiles_one_brightness():
    ramp = torch.linspace(0, 1, 256).expand(1, 3, 256, 256)
    generator = torch.Generator().manual_seed(0)
    image = 0.8 * ramp + 0.2 * torch.rand(ramp.shape, generator=generator)
    expected = Brightening()(image)
    errors = []
    for guided in (False, True):
        rule, tiles = SizeRule(exactly=64), Tiles(32, guided=guided)
        _, found = tiled(Known(1, rule, tiles), Brightening(), image)
        errors.append((found - expected).abs().mean().item())
    plain, guided = errors
    assert plain > 0.1 and guided < 0.1 * plain


def test_every_tile_is_told():
    family = Known(size=SizeRule(exactly=64), tiles=Tiles(16))
    net, told = Enlarging(1), []
    image = torch.rand(1, 3, 100, 64)
    grid = grid_of(family, net, family.facts, tuple(image.shape), 1)
    feathered_tiles(
        family, net, family.facts, image, grid, lambda *x: told.append(x[0])
    )
    assert len(told) == len(grid) and told[-1] == 1 and told == sorted(told)
