import copy
from functools import partialmethod

import pytest
import torch
from released_forward import ReleasedNet
from released_state import filled, read_fixture, relative_error

from adacode_mm.checkpoints.released import build_from_released
from adacode_mm.core.exceptions import InputError
from adacode_mm.models.adacode.fast.accelerate import accelerate
from adacode_mm.models.adacode.fast.packed_layers import PackedConv, can_pack
from adacode_mm.models.layers.padding import padded_forward
from adacode_mm.registry import MODELS
from adacode_mm.restoring.restore import restore

SWIN = {'num_layers': 2, 'depth': 3, 'num_heads': 2}


def tiny_net(sizes=(7, 12, 5), seed=0, **encoder):
    """x4 with skips, 16 channels; other numbers for each codebook."""
    torch.manual_seed(seed)
    encoder = {
        'type': 'adacode_mm.MultiScaleEncoder',
        'channels': [8, 16],
        'up_channels': [16, 12],
        'swin': SWIN,
        'num_groups': 4,
        **encoder,
    }
    predictor = {'type': 'adacode_mm.WeightPredictor', 'swin': SWIN}
    net = MODELS.build(
        {
            'type': 'adacode_mm.CodebookNet',
            'encoder': encoder,
            'decoder': {
                'type': 'adacode_mm.MultiScaleDecoder',
                'channels': [16, 16, 12, 8],
                'num_groups': 4,
            },
            'quantizers': [
                {
                    'type': 'adacode_mm.VectorQuantizer',
                    'num_embeddings': n,
                    'embedding_dim': 10,
                }
                for n in sizes
            ],
            'weight_predictor': predictor if len(sizes) > 1 else None,
        }
    )
    for parameter in net.parameters():
        # Biases, norms and tables as something else than zeros and ones.
        parameter.data += 0.05 * torch.randn_like(parameter)
    return net.eval()


def assert_alike(found, expected, tolerance=1e-5):
    assert relative_error(found.image, expected.image) < tolerance
    assert relative_error(found.mixed, expected.mixed) < tolerance
    assert relative_error(found.feat, expected.feat) < tolerance
    for a, b in zip(found.quantized, expected.quantized, strict=True):
        assert torch.equal(a.indices, b.indices)
    if expected.weight is None:
        assert found.weight is None
    else:
        assert relative_error(found.weight, expected.weight) < tolerance


@pytest.fixture(scope='module')
def net():
    return tiny_net()


@pytest.fixture(scope='module')
def fast(net):
    return accelerate(net)


@pytest.mark.parametrize(
    'shape', [(1, 3, 16, 16), (1, 3, 48, 80), (2, 3, 64, 16)]
)
@torch.no_grad()
def test_same_values(net, fast, shape):
    image = torch.rand(shape)
    assert_alike(fast(image), net(image))


@torch.no_grad()
def test_odd_sizes(net, fast):
    image = torch.rand(2, 3, 19, 45)
    assert_alike(padded_forward(fast, image), padded_forward(net, image))


@torch.no_grad()
def test_every_codebook_is_used_by_the_tests(net):
    out = net(torch.rand(2, 3, 64, 64))
    for quantized in out.quantized:
        assert len(quantized.indices.unique()) > 2


@torch.no_grad()
def test_exact_strips(net, fast):
    image = torch.rand(1, 3, 70, 40)
    expected = restore(net, image, tile='whole')
    found = restore(fast, image, tile=2)
    assert relative_error(found.image, expected.image) < 1e-5


@torch.no_grad()
def test_large_maps_are_worked_on_in_pieces(net, fast, monkeypatch):
    image = torch.rand(2, 3, 80, 48)
    expected = fast(image)
    monkeypatch.setattr(
        'adacode_mm.models.adacode.fast.fused_swin.PIECE', {'cpu': 2}
    )
    monkeypatch.setattr('adacode_mm.models.adacode.fast.code_tables.STRIP', 40)
    assert_alike(fast(image), expected)


@torch.no_grad()
def test_one_codebook_without_attention():
    net = tiny_net([9], swin=None, up_channels=[])
    image = torch.rand(1, 3, 32, 64)
    assert_alike(accelerate(net)(image), net(image))


@torch.no_grad()
def test_softmax_of_the_weights(net):
    other = copy.deepcopy(net)
    other.weight_predictor.softmax = True
    image = torch.rand(1, 3, 32, 32)
    found = accelerate(other)(image)
    assert_alike(found, other(image))
    assert torch.allclose(found.weight.sum(1), torch.ones(1))


@torch.no_grad()
def test_it_wants_its_holes_as_the_network(net):
    assert accelerate(net).hole_fill == net.hole_fill == 'white'
    smooth = copy.deepcopy(net)
    smooth.hole_fill = 'harmonic'
    assert accelerate(smooth).hole_fill == 'harmonic'


def test_stops_before_the_decoder(net, fast):
    image = torch.rand(1, 3, 32, 32)
    out = fast(image, decode=False)
    assert out.image is None
    assert relative_error(out.mixed, net(image).mixed) < 1e-5


@torch.no_grad()
def test_pictures_of_codes(net, fast):
    indices = torch.randint(5, (1, 4, 4))
    expected = net.decode_indices(indices, 2)
    assert relative_error(fast.decode_indices(indices, 2), expected) < 1e-5


@pytest.mark.parametrize('memory_format', ['channels_last', 'contiguous'])
@torch.no_grad()
def test_memory_formats(net, memory_format):
    image = torch.rand(1, 3, 32, 48)
    found = accelerate(net, memory_format=memory_format)(image)
    assert_alike(found, net(image))


@torch.no_grad()
def test_without_the_library_that_packs_weights(net, monkeypatch):
    image = torch.rand(1, 3, 32, 32)
    expected = net(image)
    fast = accelerate(net)
    can_pack.cache_clear()
    monkeypatch.setattr('platform.machine', lambda: 'aarch64')
    try:
        assert_alike(fast(image), expected)
        weight, _ = next(iter(fast.encoder.in_conv._prepared.values()))
        assert not weight.is_mkldnn
    finally:
        can_pack.cache_clear()


@torch.no_grad()
def test_bfloat16(net, fast):
    image = torch.rand(1, 3, 64, 64)
    expected = net(image)
    with torch.autocast('cpu', torch.bfloat16):
        found = fast(image)
    # Eight bits, some thirty layers; a code that is chosen otherwise counts.
    assert found.image.dtype == torch.bfloat16
    assert 1e-4 < relative_error(found.image.float(), expected.image) < 0.1
    assert found.feat.dtype == found.weight.dtype == torch.float32
    assert relative_error(found.feat, expected.feat) < 0.02
    same = [
        (a.indices == b.indices).float().mean()
        for a, b in zip(found.quantized, expected.quantized, strict=True)
    ]
    assert min(same) > 0.9
    assert_alike(fast(image), expected)


@torch.no_grad()
def test_moved_and_copied(net):
    image = torch.rand(1, 3, 32, 32)
    expected = net(image)
    fast = accelerate(net)
    fast(image)
    there = copy.deepcopy(fast).to('meta')
    assert {p.device.type for p in there.parameters()} == {'meta'}
    assert_alike(copy.deepcopy(fast).to('cpu')(image), expected)
    assert {p.device.type for p in net.parameters()} == {'cpu'}


def test_other_types_are_refused(net):
    with pytest.raises(InputError, match=r'float32.*torch\.autocast'):
        accelerate(net).to(torch.bfloat16)


def test_the_network_stays_as_it_is():
    net = tiny_net().train()
    before = copy.deepcopy(net.state_dict())
    fast = accelerate(net)
    image = torch.rand(1, 3, 32, 32)
    fast(image)
    fast.train()
    assert net.training
    assert not any(module.training for module in fast.modules())
    assert all(p.requires_grad for p in net.parameters())
    for key, value in net.state_dict().items():
        assert torch.equal(value, before[key]), key
    net(image).image.sum().backward()
    assert net.encoder.in_conv.weight.grad is not None


def test_parameters_are_shared(net, fast):
    mine = {p.data_ptr() for p in fast.parameters()}
    for name in ('encoder.swin', 'encoder.in_conv', 'decoder.out_conv'):
        weights = [
            p
            for key, p in net.get_submodule(name).named_parameters()
            if key.endswith('weight')
        ]
        assert weights
        assert all(p.data_ptr() in mine for p in weights), name


def test_the_input_is_left_alone(fast):
    feat = torch.rand(1, 16, 16, 16)
    for part in (fast.encoder.swin, fast.mix, fast.encoder.ups[0]):
        before = feat.clone()
        part(feat)
        assert torch.equal(feat, before)
    block = fast.encoder.ups[0].res1
    before = feat.clone()
    block(feat)
    assert torch.equal(feat, before)


def test_gradients_are_refused(fast):
    image = torch.rand(1, 3, 32, 32, requires_grad=True)
    with pytest.raises(InputError, match='no gradients'):
        fast(image)
    assert not fast(image.detach()).image.requires_grad


def test_a_grid_that_no_window_fits(fast):
    with pytest.raises(InputError, match='multiple of the attention window'):
        fast(torch.rand(1, 3, 24, 32))


def test_wrong_arguments(net):
    with pytest.raises(InputError, match='memory_format must be one of'):
        accelerate(net, memory_format='nhwc')


def test_other_networks_are_refused(fast):
    for other in (torch.nn.Conv2d(3, 3, 1), fast):
        with pytest.raises(InputError, match='Only a CodebookNet'):
            accelerate(other)


def test_convolutions_of_other_kinds_stay():
    conv = torch.nn.Conv2d(4, 4, 3, groups=2)
    assert PackedConv.sharing(conv) is conv


@torch.no_grad()
def test_compiled(net, monkeypatch):
    # Traced and run, without minutes of a C++ compiler.
    eager = partialmethod(torch.nn.Module.compile, backend='eager')
    monkeypatch.setattr(torch.nn.Module, 'compile', eager)
    torch._dynamo.reset()
    counters = torch._dynamo.utils.counters
    counters.clear()
    image = torch.rand(1, 3, 16, 16)
    assert_alike(accelerate(net, compile=True)(image), net(image))
    assert counters['stats']['unique_graphs'] > 0
    assert not counters['graph_break']


@torch.inference_mode()
def test_released_sr_x4():
    arrays = read_fixture('sr_x4')
    state = filled(arrays['layout'])
    fast = accelerate(build_from_released(state))
    out = padded_forward(fast, torch.from_numpy(arrays['input']))
    assert relative_error(out.image, arrays['output']) < 1e-5
    assert relative_error(out.weight, arrays['weight_map']) < 1e-5
    for k, quantized in enumerate(out.quantized):
        expected = torch.from_numpy(arrays[f'indices_{k}'])[:, 0]
        assert torch.equal(quantized.indices, expected)


@torch.inference_mode()
def test_released_stage1():
    arrays = read_fixture('stage1')
    state = filled(arrays['layout'])
    fast = accelerate(build_from_released(state))
    image = torch.from_numpy(arrays['input'])
    out = padded_forward(fast, image)
    expected, _, indices = ReleasedNet(state)(image)
    assert relative_error(out.image, expected) < 1e-5
    assert relative_error(out.image, arrays['output']) < 1e-5
    assert torch.equal(out.quantized[0].indices, indices[0])
