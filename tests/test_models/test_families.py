"""What every family promises the house, asked of a network of each kind."""

import numpy as np
import pytest
import torch
from plain_networks import spandrel_file, trained
from released_state import layout_of as released_layout
from released_state import relative_error
from released_varformer import released_layout as varformer_layout
from tiny_networks import tiny_network

from adacode_mm.checkpoints.model_file import open_model, save_model
from adacode_mm.core.memory import Budget
from adacode_mm.models.family import (
    Weights,
    families,
    family_names,
    family_of,
    mirrored,
    recognised,
)
from adacode_mm.models.measured_memory import LiveBytes
from adacode_mm.models.structures import as_output
from adacode_mm.models.traits import TASKS, Entry, layout_of
from adacode_mm.restoring.feathered_tiles import feathered_tiles, grid_of

pytest.importorskip('spandrel', reason='spandrel is an optional package')


def adacode(path, *options):
    net, info = tiny_network(*options)
    save_model(net, info, path / 'net.safetensors')
    return path / 'net.safetensors'


# Family -> how a file of each of its kinds is made in a folder.
KINDS = {
    'adacode x4': lambda path: adacode(path, 4),
    'adacode inpaint': lambda path: adacode(path, 1),
    'adacode stage I': lambda path: adacode(path, 1, False, 1),
    'foreign rrdbnet': lambda path: trained('rrdbnet_x4', path / 'x')[1],
    'foreign swinir': lambda path: trained('swinir_x4', path / 'x')[1],
    'foreign esrgan': lambda path: spandrel_file(path / 'net.pth'),
    'foreign compact': lambda path: spandrel_file(path / 'net.pth', 'Compact'),
}


@pytest.fixture(scope='module', params=KINDS)
def opened(request, tmp_path_factory):
    """Name of a family and a network of it, read from its file."""
    folder = tmp_path_factory.mktemp('file')
    net, info = open_model(KINDS[request.param](folder))
    return request.param.split()[0], net, info


def smooth(batch, height, width, seed=0):
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.rand(batch, 3, 5, 5, generator=generator)
    return torch.nn.functional.interpolate(
        coarse, (height, width), mode='bicubic'
    ).clamp(0, 1)


def test_every_family_is_asked():
    assert [each.name for each in families()] == family_names()
    ours = {x.name for x in families() if 'adacode_mm' in type(x).__module__}
    # VarFormer's networks are asked in tests/test_models/test_varformer.
    assert ours - {'varformer'} == {kind.split()[0] for kind in KINDS}


def test_it_is_found_by_its_network_and_no_other_takes_it(opened):
    name, net, _ = opened
    assert family_of(net).name == name
    layout = layout_of(net.state_dict())
    found = [each.name for each in families() if each.recognises(layout)]
    # MMagic's SwinIR is built by its config, spandrel's has other tensors.
    assert found in ([name], []) and (found or name == 'foreign')


@pytest.mark.parametrize(
    ('name', 'layout'),
    [
        ('adacode', released_layout('stage1_256')),
        ('adacode', released_layout('stage2')),
        ('adacode', released_layout('stage3_x4')),
        ('varformer', varformer_layout('varformer_d16')),
        ('varformer', varformer_layout('varformer_d20_adjust')),
        ('varformer', varformer_layout('stage1_d16')),
    ],
    ids=lambda value: value if isinstance(value, str) else '',
)
def test_released_files_are_recognised_by_their_layout(name, layout):
    layout = {key: Entry(tuple(shape), torch.float32) for key, shape in layout}
    assert recognised(layout).name == name
    others = (each for each in families() if each.name != name)
    assert not any(each.recognises(layout) for each in others)


def test_nobody_knows_a_network_of_its_own():
    layout = layout_of(torch.nn.Linear(2, 3).state_dict())
    assert recognised(layout) is None


@torch.no_grad()
def test_its_traits_are_true(opened):
    _, net, info = opened
    family = family_of(net)
    traits = family.traits(net)
    assert traits.task in TASKS and traits.channels == (3, 3)
    assert (traits.task == 'sr') == (traits.scale > 1)
    assert info[:3] == (traits.architecture, traits.task, traits.scale)
    height, width = (traits.size.fitted(side) for side in (20, 41))
    out = as_output(net(torch.rand(2, 3, height, width))).image
    scale = traits.scale
    assert out.shape == (2, 3, scale * height, scale * width)
    # Any size goes through a whole pass.
    smallest = traits.size.smallest
    for h, w in ((smallest, smallest), (33, 20)):
        h = max(h, smallest)
        w = max(w, smallest)
        image = torch.rand(1, 3, h, w)
        whole = family.whole(net, image, 'minimal').image
        assert whole.shape == (1, 3, scale * h, scale * w)


@torch.no_grad()
def test_its_codes_are_those_that_it_chooses(opened):
    _, net, _ = opened
    family = family_of(net)
    codes = family.codes(net)
    if codes is None:
        assert family.name == 'foreign'
        return
    out = family.whole(net, torch.rand(1, 3, 40, 70), 'minimal')
    assert len(out.quantized) == len(codes.sizes) == len(codes.dims)
    for k, (each, size) in enumerate(
        zip(out.quantized, codes.sizes, strict=True)
    ):
        assert each.indices.min() >= 0 and each.indices.max() < size
        h, w = each.indices.shape[1:]
        shown = codes.decode(each.indices, k).shape
        assert shown == (1, 3, codes.shown * h, codes.shown * w)
    assert codes.covered(70, w, 'minimal') == -(-70 // codes.cell)


@torch.no_grad()
def test_its_other_forms_are_the_same_network(opened):
    _, net, _ = opened
    family = family_of(net)
    image = smooth(1, 45, 70)
    expected = family.whole(net, image, 'minimal').image
    before = {k: v.clone() for k, v in net.state_dict().items()}
    fast = family.fast(net)
    found = family.whole(fast, image, 'minimal').image
    assert relative_error(found, expected) < 1e-4
    graph = family.traceable(net, 'minimal')
    found = dict(zip(graph.axes(), _as_tuple(graph(image)), strict=True))
    assert relative_error(found['image'], expected) < 1e-4
    told = family.expected(net, image, 'minimal', found)
    for name, value in told.outputs.items():
        assert relative_error(found[name], value) < 1e-4
    if (exact := family.exact(fast)) is not None:
        out = exact(image, 'minimal', Budget(2**30, 2**24), 2)
        assert relative_error(out.image, expected) < 1e-4
    for key, value in net.state_dict().items():
        assert torch.equal(value, before[key])


def _as_tuple(found):
    return (found,) if isinstance(found, torch.Tensor) else found


@torch.no_grad()
def test_its_feathered_tiles_are_close_to_the_whole(opened):
    _, net, _ = opened
    family = family_of(net)
    if family.exact(net) is not None:
        return
    traits = family.traits(net)
    image = smooth(1, 150, 170)
    grid = grid_of(family, net, traits, tuple(image.shape), 1)
    assert len(grid) > 4
    whole = family.whole(net, image, 'minimal').image
    found = feathered_tiles(family, net, traits, image, grid).image
    assert found.shape == whole.shape
    apart = (found - whole).abs()
    assert apart.max() < 0.2 * whole.std()
    assert apart.mean() < 0.02 * whole.std()


@torch.no_grad()
def test_its_memory_is_what_it_says(opened):
    _, net, _ = opened
    family = family_of(net)
    if family.name == 'adacode':
        return  # of its processes: tests/test_core/test_memory.py
    image = torch.rand(1, 3, 96, 160)
    said = family.memory(net, tuple(image.shape), 'minimal')
    with LiveBytes() as live:
        family.whole(net, image, 'minimal')
    assert live.peak / 1.3 < said < 1.3 * live.peak


def test_what_is_written_opens_again(opened, tmp_path):
    name, net, info = opened
    save_model(net, info, tmp_path / 'again.safetensors')
    again, found = open_model(tmp_path / 'again.safetensors')
    assert family_of(again).name == name and found == info
    image = smooth(1, 64, 64)
    with torch.no_grad():
        assert torch.equal(
            as_output(again(image)).image, as_output(net(image)).image
        )


def test_mirroring_goes_on_as_long_as_it_takes():
    row = torch.tensor([1.0, 2, 3])[None, None, None]
    found = mirrored(row, 2, 8)
    assert np.array_equal(found[0, 0], [[1, 2, 3, 3, 2, 1, 1, 2]] * 2)


def test_a_config_from_anywhere_builds_no_other_class():
    family = next(each for each in families() if each.name == 'foreign')
    state = {'weight': torch.zeros(3, 3, 1, 1), 'bias': torch.zeros(3)}
    for config in (
        {'type': 'os.system', 'command': 'true'},
        {'type': 'CodelessNet', 'network': {'type': 'torch.nn.Conv2d'}},
        {'type': 'RRDBNet', 'num_blocks': 10**9},
    ):
        weights = Weights(state, config, False, False, 'it')
        with pytest.raises(ValueError, match='it'):
            family.open(weights)
