"""Numbers of the released networks, and all of their checkpoint layouts."""

import pytest
import torch
from captured_log import captured_log
from released_forward import ReleasedNet
from released_state import (
    KINDS,
    filled,
    layout_of,
    picture,
    read_fixture,
    read_keys,
    relative_error,
)

from adacode_mm.checkpoints.released import (
    build_from_released,
    convert_released,
)
from adacode_mm.core.exceptions import CheckpointError
from adacode_mm.models.layers.padding import padded_forward

TOLERANCE = 1e-5
CODEBOOKS = (512, 256, 512, 256, 256)
SEMANTIC, VGG = 131_584, 10_585_152

# Parameters of the released classes, all of stage III's with the prior left
# out, of stage I without VGG19, which is no part of the network.
PARAMETERS = {
    'stage1_256': 21_779_075 - VGG,
    'stage1_512': 21_844_611 - VGG,
    'stage2': 35_438_088,
    'stage3_x2': 59_972_616,
    'stage3_x4': 57_321_352,
    'stage3_inpaint': 60_634_696,
}
PARTS = {
    'encoder': {
        'stage1_256': 6_278_336,
        'stage1_512': 6_278_336,
        'stage2': 6_278_336,
        'stage3_x2': 30_812_864,
        'stage3_x4': 28_161_600,
        'stage3_inpaint': 31_474_944,
    },
    'decoder': dict.fromkeys(KINDS, 4_060_864 + 1_731),
}
SCALE = dict.fromkeys(KINDS, 1) | {'stage3_x2': 2, 'stage3_x4': 4}
# An image side that is a multiple of the window: padded all the same.
MULTIPLE = dict.fromkeys(KINDS, 64) | {'stage3_x2': 32, 'stage3_x4': 16}


def count(module):
    return sum(p.numel() for p in module.parameters())


@torch.no_grad()
def assert_equals_fixture(net, arrays):
    out = padded_forward(net, torch.from_numpy(arrays['input']))
    assert relative_error(out.image, arrays['output']) <= TOLERANCE
    if 'weight_map' in arrays:
        assert relative_error(out.weight, arrays['weight_map']) <= TOLERANCE
    else:
        assert out.weight is None
    expected = [a for key, a in arrays.items() if key.startswith('indices_')]
    assert len(out.quantized) == len(expected)
    for k, (quantized, indices) in enumerate(
        zip(out.quantized, expected, strict=True)
    ):
        assert quantized.indices.dtype == torch.int64
        same = quantized.indices.numpy() == indices[:, 0]
        assert same.all(), f'codebook {k}: {(~same).sum()} codes differ'


@pytest.fixture(scope='module')
def stage1():
    arrays = read_fixture('stage1')
    return arrays, filled(arrays['layout'])


def test_stage3_x4_gives_the_released_numbers():
    arrays = read_fixture('sr_x4')
    state = filled(arrays['layout'])
    net = build_from_released(state)
    assert not net.training
    assert net.scale == 4
    assert_equals_fixture(net, arrays)
    # What the other kinds are compared with below is right as well.
    image, weight, indices = ReleasedNet(state, 4)(
        torch.from_numpy(arrays['input'])
    )
    assert relative_error(image, arrays['output']) <= TOLERANCE
    assert relative_error(weight, arrays['weight_map']) <= TOLERANCE
    for k, index in enumerate(indices):
        assert (index.numpy() == arrays[f'indices_{k}'][:, 0]).all()


def test_stage1_gives_the_released_numbers(stage1):
    arrays, state = stage1
    net = build_from_released(state)
    assert_equals_fixture(net, arrays)
    image, weight, _ = ReleasedNet(state)(torch.from_numpy(arrays['input']))
    assert relative_error(image, arrays['output']) <= TOLERANCE
    assert weight is None


@pytest.mark.parametrize('container', ['params', 'params_ema', 'plain'])
@pytest.mark.parametrize('prefix', ['', 'module.'])
def test_stage1_from_a_file(stage1, tmp_path, container, prefix):
    arrays, state = stage1
    content = {f'{prefix}{key}': value for key, value in state.items()}
    if container != 'plain':
        content = {container: content}
    path = tmp_path / 'net_g_best_.pth'
    torch.save(content, path)
    for source in (str(path), path):
        assert_equals_fixture(build_from_released(source), arrays)


def test_plain_weights_come_before_averaged_ones(stage1, tmp_path):
    arrays, state = stage1
    other = {key: torch.zeros_like(value) for key, value in state.items()}
    path = tmp_path / 'net_g_best_.pth'
    torch.save({'params_ema': other, 'params': state}, path)
    assert_equals_fixture(build_from_released(path), arrays)


@torch.no_grad()
def test_what_stage1_stores_for_training_changes_nothing(stage1):
    arrays, plain = stage1
    state = filled(layout_of('stage1_512'))
    assert state.keys() - plain.keys() == {
        key for key in state if key.startswith(('vgg_', 'conv_semantic'))
    }
    with captured_log() as log:
        net = build_from_released(state)
    assert 'vgg_feat_extractor' in ' '.join(log), 'left out without a word'
    assert_equals_fixture(net, arrays)
    # The semantic head is the released one: a 1x1 convolution and a ReLU.
    out = net(torch.from_numpy(arrays['input']))
    weight, bias = (state[f'conv_semantic.0.{x}'] for x in ('weight', 'bias'))
    expected = torch.relu(
        torch.einsum('oc,bchw->bohw', weight[:, :, 0, 0], out.quantized[0].st)
        + bias[:, None, None]
    )
    assert relative_error(out.semantic, expected) <= TOLERANCE


@pytest.mark.parametrize('kind', KINDS)
@torch.no_grad()
def test_every_released_layout(kind):
    """Strict loading, parameter counts, and the numbers of the paper's net.

    The side is a multiple of the window in one direction and odd in the
    other.
    """
    state = filled(layout_of(kind))
    net = build_from_released(state)
    assert count(net) == PARAMETERS[kind]
    for part, counts in PARTS.items():
        assert count(getattr(net, part)) == counts[kind], part
    released = sum(
        torch.Size(shape).numel()
        for key, shape, is_param in read_keys(kind)
        if is_param and not key.startswith('vgg_')
    )
    assert count(net) == released
    if len(net.quantizers) > 1:
        sizes = tuple(q.num_embeddings for q in net.quantizers)
        assert sizes == CODEBOOKS
    assert (net.scale, net.size_multiple) == (SCALE[kind], MULTIPLE[kind])

    image = picture(MULTIPLE[kind], MULTIPLE[kind] - 3, 5)
    out = padded_forward(net, image)
    expected, weight, indices = ReleasedNet(state, SCALE[kind])(image)
    assert out.image.shape == expected.shape
    assert relative_error(out.image, expected) <= TOLERANCE
    for quantized, index in zip(out.quantized, indices, strict=True):
        assert torch.equal(quantized.indices, index)
    if weight is not None:
        assert out.weight.shape == weight.shape
        assert relative_error(out.weight, weight) <= TOLERANCE


@pytest.mark.parametrize('batch', [2, 8, None])
def test_buffers_of_any_training_batch_are_left_out(batch):
    """Also a file without any computed buffer."""
    learned = {
        key: torch.zeros(shape)
        for key, shape, is_param in read_keys('stage3_x4')
        if is_param
    }
    state = dict(learned)
    if batch:
        size = 2 * batch
        mask = 1 - torch.eye(size)
        state['contrast_cri.negatives_mask'] = mask.float()
        state['contrast_cri.temperature'] = torch.tensor(0.5)
    converted = convert_released(state)
    assert len(converted) == len(learned) == 779
    assert not any('contrast' in key for key in converted)


def test_a_foreign_key_is_named(stage1):
    _, state = stage1
    with pytest.raises(CheckpointError, match=r'unexpected \(extra\.weight\)'):
        build_from_released({**state, 'extra.weight': torch.zeros(1)})


def test_a_missing_key_is_named(stage1):
    _, state = stage1
    part = dict(state)
    del part['decoder_group.1.block.2.conv.3.norm.bias']
    with pytest.raises(
        CheckpointError, match=r'1 missing \(decoder\.blocks\.1\.res1\.norm2\.'
    ):
        build_from_released(part)


def test_another_network_is_refused():
    with pytest.raises(CheckpointError, match=r'another architecture'):
        build_from_released({'conv_first.weight': torch.zeros(3, 3, 3, 3)})
