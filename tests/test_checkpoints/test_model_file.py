"""One file of any origin becomes the network it was, or an error."""

import json
import os
import zipfile

import pytest
import torch
from mmengine.config import Config
from released_state import (
    discriminator_layout,
    filled,
    picture,
    read_keys,
    relative_error,
    small_layout_of,
)
from safetensors import safe_open
from safetensors.torch import save_file
from tiny_stages import CONFIGS, seeded_model, tiny_config

from adacode_mm.checkpoints import weights_file
from adacode_mm.checkpoints.discriminator_file import build_discriminator
from adacode_mm.checkpoints.model_file import open_model, save_model
from adacode_mm.checkpoints.released import build_from_released
from adacode_mm.core.exceptions import CheckpointError
from adacode_mm.registry import MODELS

# kind of released file -> architecture, task, scale
RELEASED = {
    'stage1_512': ('FeMaSR', 'reconstruct', 1),
    'stage2': ('AdaCode', 'reconstruct', 1),
    'stage3_x2': ('AdaCode', 'sr', 2),
    'stage3_x4': ('AdaCode', 'sr', 4),
    'stage3_inpaint': ('AdaCode', 'inpaint', 1),
}


def saved(path, state, **more):
    torch.save({'params': state, **more}, path)
    return path


@torch.no_grad()
def image_of(net, seed=3):
    return net(picture(net.size_multiple, net.size_multiple, seed)).image


@pytest.fixture(scope='module')
def inpaint():
    return filled(small_layout_of('stage3_inpaint'))


@pytest.fixture
def tiny():
    """The generator of the tiny stage III, its config and weights."""
    torch.manual_seed(0)
    cfg = tiny_config('stage3_sr_x4').model.generator.to_dict()
    return MODELS.build(cfg).eval(), cfg


@pytest.fixture
def opened(tiny, tmp_path):
    """A tiny network and its info, as they come from a file."""
    net, cfg = tiny
    path = tmp_path / 'bare.pth'
    torch.save(net.state_dict(), path)
    return open_model(path, cfg)


@pytest.mark.parametrize('kind', RELEASED)
def test_released_files_open(kind, tmp_path):
    state = filled(small_layout_of(kind))
    path = saved(tmp_path / 'net_g.pth', state)
    net, info = open_model(path)
    assert (info.architecture, info.task, info.scale) == RELEASED[kind]
    assert net.scale == info.scale
    assert not net.training
    assert {p.dtype for p in net.parameters()} == {torch.float32}
    expected = image_of(build_from_released(state))
    assert torch.equal(image_of(net), expected)
    again = MODELS.build(info.config)
    again.load_state_dict(net.state_dict())
    assert torch.equal(image_of(again.eval()), expected)


def femasr(kind):
    """FeMaSR's layout: one codebook of longer codes, no weights."""
    state = {}
    for key, shape in small_layout_of(kind):
        if key.startswith(('weight_predictor.', 'contrast_cri.')):
            continue
        if '_quant' in key or key.startswith(('quantize', 'conv_semantic')):
            if '_group.' in key and '_group.0.' not in key:
                continue
            if key.startswith('after_quant') and '.conv.' not in key:
                key = key.replace('group.0.', 'group.0.conv.')
            shape = {
                'quantize_group.0.embedding.weight': (256, 128),
                'before_quant_group.0.weight': (128, 64, 1, 1),
                'before_quant_group.0.bias': (128,),
                'after_quant_group.0.conv.weight': (64, 128, 3, 3),
                'conv_semantic.0.weight': (128, 128, 1, 1),
            }.get(key, shape)
        state[key] = shape
    return filled(state.items())


@pytest.mark.parametrize(
    ('kind', 'task', 'scale'),
    [
        ('stage1_256', 'reconstruct', 1),
        ('stage3_x2', 'sr', 2),
        ('stage3_x4', 'sr', 4),
    ],
)
def test_femasr_opens(kind, task, scale, tmp_path):
    state = femasr(kind)
    net, info = open_model(saved(tmp_path / 'FeMaSR.pth', state))
    assert info[:3] == ('FeMaSR', task, scale)
    book = net.quantizers[0]
    assert (book.num_embeddings, book.embedding_dim) == (256, 128)
    projection = state['before_quant_group.0.weight']
    assert torch.equal(net.pre_quants[0].weight, projection)
    assert image_of(net).isfinite().all()


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16])
def test_half_precision_files_give_float32_networks(inpaint, dtype, tmp_path):
    state = {key: value.to(dtype) for key, value in inpaint.items()}
    net, _ = open_model(saved(tmp_path / 'half.pth', state))
    rounded = {key: value.float() for key, value in state.items()}
    assert {p.dtype for p in net.parameters()} == {torch.float32}
    expected = image_of(build_from_released(rounded))
    assert torch.equal(image_of(net), expected)


@pytest.mark.parametrize('suffix', ['.pth', '.safetensors'])
def test_what_is_saved_opens_alone(opened, suffix, tmp_path):
    net, info = opened
    path = tmp_path / f'one{suffix}'
    expected = image_of(net)
    # Neither its layout in memory nor shared memory matters.
    with torch.no_grad():
        shared = net.decoder.blocks[0].res1.norm1
        shared.bias = shared.weight
    expected = image_of(net)
    save_model(net.to(memory_format=torch.channels_last), info, path)
    again, found = open_model(path)
    assert found == info
    assert found[:3] == ('AdaCode', 'sr', 4)
    assert relative_error(image_of(again), expected) < 1e-5
    for key, value in net.state_dict().items():
        assert torch.equal(again.state_dict()[key], value), key
    assert [each.name for each in tmp_path.glob('.*')] == []


def test_the_same_network_has_the_same_bytes(opened, tmp_path):
    path = tmp_path / 'model.safetensors'
    written = set()
    for _ in range(12):
        save_model(*opened, path)
        written.add(path.read_bytes())
    assert len(written) == 1


def test_safetensors_tell_what_they_hold(opened, tmp_path):
    path = tmp_path / 'one.safetensors'
    save_model(*opened, path, torch.float16)
    with safe_open(path, 'pt') as file:
        about = json.loads(file.metadata()['adacode_mm'])
        kinds = {file.get_tensor(key).dtype for key in file.keys()}  # noqa: SIM118
    assert kinds == {torch.float16}
    assert (about['task'], about['scale']) == ('sr', 4)
    assert about['config']['encoder']['num_groups'] == 2


@pytest.mark.parametrize(
    'config',
    ['adacode/tiny/stage2', 'vqgan/tiny/', 'femasr/tiny/femasr_sr_x4'],
)
def test_checkpoints_of_a_training_open(config, tmp_path):
    """Their normalisation has 2 groups, which only the config says."""
    for path in sorted(CONFIGS.glob(f'{config}*.py')):
        cfg = Config.fromfile(path)
        cfg.model.pop('init_cfg', None)
        model = seeded_model(cfg).eval()
        checkpoint = tmp_path / f'{path.stem}.pth'
        meta = {'cfg': cfg.pretty_text, 'iter': 7}
        content = {'meta': meta, 'state_dict': model.state_dict()}
        torch.save(content, checkpoint)
        net, info = open_model(checkpoint)
        assert net.encoder.downs[0].res1.norm1.num_groups == 2
        assert torch.equal(image_of(net), image_of(model.generator)), path
        if config.startswith('vqgan'):
            assert info.architecture == 'VQGAN'


def test_averaged_weights_come_first(tiny, tmp_path):
    net, cfg = tiny
    state = {}
    for key, value in net.state_dict().items():
        state[f'generator.module.{key}'] = torch.zeros_like(value)
        state[f'generator_ema.{key}'] = value
    state['step_counter'] = torch.tensor(3)
    torch.save({'state_dict': state}, tmp_path / 'iter_3.pth')
    found, _ = open_model(tmp_path / 'iter_3.pth', cfg)
    assert torch.equal(image_of(found), image_of(net))


def test_networks_are_float32_whatever_is_the_default(inpaint, tmp_path):
    paths = [
        saved(tmp_path / 'g.pth', inpaint),
        saved(tmp_path / 'd.pth', filled(discriminator_layout(4))),
    ]
    torch.set_default_dtype(torch.float64)
    try:
        nets = [
            open_model(paths[0])[0],
            build_discriminator(weights_file.read_weights(paths[1]))[0],
        ]
    finally:
        torch.set_default_dtype(torch.float32)
    for net in nets:
        assert {x.dtype for x in net.state_dict().values()} == {torch.float32}


def test_what_no_shape_tells_is_never_guessed(tiny, tmp_path):
    net, _ = tiny
    path = tmp_path / 'bare.pth'
    torch.save(net.state_dict(), path)
    with pytest.raises(CheckpointError, match='no shape tells, but it holds'):
        open_model(path)


def test_what_no_shape_tells_is_kept(tmp_path):
    cfg = tiny_config('stage2').model.generator.to_dict()
    cfg['hole_fill'] = 'harmonic'
    cfg['weight_predictor']['softmax'] = True
    torch.manual_seed(0)
    net = MODELS.build(cfg).eval()
    torch.save(net.state_dict(), tmp_path / 'bare.pth')
    again, info = open_model(tmp_path / 'bare.pth', cfg)
    assert torch.equal(image_of(again), image_of(net))
    save_model(again, info, tmp_path / 'one.safetensors')
    again, _ = open_model(tmp_path / 'one.safetensors')
    assert again.weight_predictor.softmax is True
    assert again.hole_fill == 'harmonic'
    assert torch.equal(image_of(again), image_of(net))


def test_a_discriminator_is_called_one(tmp_path):
    path = saved(tmp_path / 'd.pth', filled(discriminator_layout(8)))
    with pytest.raises(CheckpointError, match='it is a discriminator'):
        open_model(path)
    own = {
        f'discriminator.{k}': v for k, v in torch.load(path)['params'].items()
    }
    with pytest.raises(CheckpointError, match='it is a discriminator'):
        open_model(saved(tmp_path / 'own.pth', own))


@pytest.mark.parametrize(
    ('change', 'problem'),
    [
        (
            {'decoder_group.1.block.2.conv.3.norm.bias': None},
            r'1 missing \(decoder\.blocks\.1\.res1\.norm2\.bias',
        ),
        ({'extra.weight': torch.zeros(1)}, r'1 unexpected \(extra\.weight'),
        (
            {'before_quant_group.2.bias': torch.zeros(7)},
            r'pre_quants\.2\.bias must be \(64,\) and is \(7,\)',
        ),
        (
            {'quantize_group.2.embedding.weight': None},
            r'quantizers\.2\.embedding\.weight',
        ),
        (
            {'out_conv.bias': torch.tensor([0.0, float('nan'), 0.0])},
            r'decoder\.out_conv\.bias has values that are infinite',
        ),
        (
            {'out_conv.bias': torch.zeros(3, dtype=torch.int64)},
            r'decoder\.out_conv\.bias is of type int64',
        ),
        (
            {'out_conv.bias': torch.zeros(3).to_sparse()},
            r'decoder\.out_conv\.bias is stored without some',
        ),
        (
            {'out_conv.bias': torch.zeros(3, device='meta')},
            r'decoder\.out_conv\.bias is stored without some',
        ),
        (
            {'multiscale_encoder.in_conv.weight': torch.zeros(32)},
            r"encoder\.in_conv\.weight' .* has 4 dimensions",
        ),
        (
            {'multiscale_encoder.in_conv.weight': torch.zeros(32, 4, 4, 4)},
            r'encoder\.in_conv\.weight has 4 channels',
        ),
    ],
)
def test_what_does_not_fit_is_named(inpaint, change, problem, tmp_path):
    state = {**inpaint, **change}
    state = {key: value for key, value in state.items() if value is not None}
    with pytest.raises(CheckpointError, match=problem):
        open_model(saved(tmp_path / 'g.pth', state))


@pytest.mark.parametrize(
    ('state', 'problem'),
    [
        ({'conv_first.weight': torch.zeros(2)}, 'such as conv_first.weight'),
        ({'epoch': 3}, 'must hold tensors'),
    ],
)
def test_other_files_are_refused(state, problem, tmp_path):
    with pytest.raises(CheckpointError, match=problem):
        open_model(saved(tmp_path / 'g.pth', state))


def test_a_file_that_claims_more_than_it_holds_is_refused(inpaint, tmp_path):
    huge = torch.zeros(1).expand(10**7, 10**6)
    path = saved(
        tmp_path / 'g.pth',
        {**inpaint, 'quantize_group.0.embedding.weight': huge},
    )
    with pytest.raises(CheckpointError, match=r'claim \d+ bytes, but'):
        open_model(path)


def test_a_compressed_file_is_not_unpacked(inpaint, tmp_path, monkeypatch):
    more = {**inpaint, 'extra': torch.zeros(10**7)}
    plain, packed = saved(tmp_path / 'g.pth', more), tmp_path / 'small.pth'
    with (
        zipfile.ZipFile(plain) as source,
        zipfile.ZipFile(packed, 'w', zipfile.ZIP_DEFLATED) as target,
    ):
        for each in source.infolist():
            target.writestr(each, source.read(each), zipfile.ZIP_DEFLATED)
    assert packed.stat().st_size < plain.stat().st_size / 4
    monkeypatch.setattr(weights_file, 'load_file', None)
    with pytest.raises(CheckpointError, match=r'claim 4\d+ bytes, but'):
        open_model(packed)


@pytest.mark.parametrize(
    ('key', 'shape', 'problem'),
    [
        # Widths whose square would be in the next layer.
        (
            'multiscale_encoder.blocks.0.0.weight',
            (2**20, 1, 1, 1),
            'of another shape',
        ),
        (
            'multiscale_encoder.blocks.3.swin_blks.0.residual_group.blocks.0.'
            'attn.relative_position_bias_table',
            (4095**2 // 8, 1),
            'must be at most 32 wide',
        ),
        (
            'multiscale_encoder.blocks.3.swin_blks.999999999.conv.bias',
            (1,),
            r'swin\.layers\.2\.residual_group\.blocks\.0\.norm1\.weight',
        ),
        (
            'decoder_group.999999999.block.1.weight',
            (1, 1, 1, 1),
            r'decoder\.blocks\.3\.conv\.weight',
        ),
    ],
)
def test_no_memory_is_taken_for_impossible_networks(
    inpaint, key, shape, problem, tmp_path
):
    state = {**inpaint, key: torch.zeros(shape)}
    with pytest.raises(CheckpointError, match=problem):
        open_model(saved(tmp_path / 'g.pth', state))


class Harmful:
    """Unpickled the usual way, it makes a file."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return os.system, (f'touch {self.mark}',)


@pytest.mark.parametrize('place', ['beside', 'inside', 'meta', 'instead'])
@pytest.mark.parametrize('zipped', [True, False])
def test_code_in_a_file_is_refused(inpaint, place, zipped, tmp_path):
    mark = tmp_path / 'code_was_run'
    harmful, path = Harmful(mark), tmp_path / 'g.pth'
    content = {
        'beside': {'params': inpaint, 'more': harmful},
        'inside': {'params': {**inpaint, 'more': harmful}},
        'meta': {'state_dict': inpaint, 'meta': {'hook': harmful}},
        'instead': harmful,
    }[place]
    torch.save(content, path, _use_new_zipfile_serialization=zipped)
    with pytest.raises(CheckpointError, match='system, which could run code'):
        open_model(path)
    with pytest.raises(CheckpointError, match='nothing of it was run'):
        build_from_released(path)
    assert not mark.exists()
    torch.load(path, weights_only=False)
    assert mark.exists(), 'or the test would prove nothing'


def test_claims_of_a_file_are_checked(opened, tmp_path):
    net, info = opened
    for change, problem in (
        ({'scale': 2}, 'its scale is 2, but by its weights it is 4'),
        ({'task': 'inpaint'}, "its task is 'inpaint'"),
    ):
        path = tmp_path / 'one.pth'
        save_model(net, info._replace(**change), path)
        with pytest.raises(CheckpointError, match=problem):
            open_model(path)
    path = tmp_path / 'one.safetensors'
    for text, problem in (('{"a": ', 'be JSON'), ('[]', 'be a dict')):
        save_file(net.state_dict(), path, {'adacode_mm': text})
        with pytest.raises(CheckpointError, match=f'should {problem}'):
            open_model(path)


@pytest.mark.parametrize('suffix', ['.safetensors', '.pth'])
def test_names_of_the_codebooks_are_kept(opened, suffix, tmp_path):
    net, info = opened
    assert info.codebooks is None
    path = tmp_path / f'one{suffix}'
    names = tuple(f'group {k}' for k in range(len(net.quantizers)))
    save_model(net, info._replace(codebooks=names), path)
    assert open_model(path)[1].codebooks == names
    for wrong in (names[1:], ('a\nb', *names[1:]), 'abcde', ('', *names[1:])):
        save_model(net, info._replace(codebooks=wrong), path)
        with pytest.raises(CheckpointError, match=r'should have . names for'):
            open_model(path)


def test_a_written_file_has_nothing_else(opened, tmp_path):
    net, info = opened
    path = tmp_path / 'one.pth'
    save_model(net, info, path)
    content = torch.load(path)
    content['state_dict']['other.bias'] = torch.zeros(1)
    torch.save(content, path)
    with pytest.raises(CheckpointError, match=r'also holds other\.bias'):
        open_model(path)


def test_saving_refuses_what_would_not_open(opened, tmp_path):
    net, info = opened
    path = tmp_path / 'one.safetensors'
    path.write_bytes(b'as it was')
    wrong = json.loads(json.dumps(info.config))
    wrong['decoder']['channels'][-1] = 8
    with pytest.raises(CheckpointError, match=r'decoder\.channels is'):
        save_model(net, info._replace(config=wrong), path)
    with torch.no_grad():
        net.decoder.out_conv.bias.fill_(1e6)
    with pytest.raises(CheckpointError, match=r'out_conv\.bias has values'):
        save_model(net, info, path, torch.float16)
    with pytest.raises(CheckpointError, match=r'must end in \.safetensors'):
        save_model(net, info, tmp_path / 'one.onnx')
    assert path.read_bytes() == b'as it was'


def test_computed_buffers_of_any_size_do_not_matter(tmp_path):
    kind = 'stage3_inpaint'
    learned = {key for key, _, is_param in read_keys(kind) if is_param}
    layout = [x for x in small_layout_of(kind) if x[0] in learned]
    state = filled(layout)
    state['contrast_cri.negatives_mask'] = torch.ones(6, 6)
    net, info = open_model(saved(tmp_path / 'g.pth', state))
    assert info.task == 'inpaint'
    assert len(net.state_dict()) == len(state) - 1
