"""`adacode convert`: one checked file, or one sentence."""

import hashlib
import os

import pytest
import torch
from mmagic.models.editors.real_esrgan import UNetDiscriminatorWithSpectralNorm
from released_state import (
    discriminator_layout,
    filled,
    picture,
    small_layout_of,
)
from safetensors import safe_open
from tiny_stages import TINY, seeded_model, tiny_config

from adacode_mm.checkpoints import convert as module
from adacode_mm.checkpoints.model_file import open_model
from adacode_mm.checkpoints.pretrained_parts import PretrainedParts
from adacode_mm.checkpoints.released import build_from_released
from adacode_mm.cli.main import main
from adacode_mm.core.exceptions import OutputError
from adacode_mm.registry import MODELS


@pytest.fixture
def released(tmp_path):
    """A released x4 file, smaller."""
    path = tmp_path / 'AdaCode_SR_X4_model_g.pth'
    torch.save({'params': filled(small_layout_of('stage3_x4'))}, path)
    return path


@pytest.fixture
def discriminator(tmp_path):
    path = tmp_path / 'AdaCode_S2_model_d.pth'
    torch.save({'params': filled(discriminator_layout(4))}, path)
    return path


def convert(*arguments):
    return main(['convert', *map(str, arguments)])


@torch.no_grad()
def image_of(net):
    return net(picture(net.size_multiple, net.size_multiple, 3)).image


def refused(capsys, *arguments):
    """The sentence of a refusal, which is all that is said."""
    capsys.readouterr()
    assert convert(*arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ''
    assert captured.err.startswith('adacode convert: error: ')
    assert captured.err.count('\n') == 1
    return captured.err


@pytest.mark.parametrize('ending', ['safetensors', 'pth'])
def test_a_released_file_becomes_one_that_runs_alone(released, ending, capsys):
    options = ['--format', ending] if ending == 'pth' else []
    assert convert(released, *options) == 0
    name = released.stem + ('_converted' if ending == 'pth' else '')
    path = released.with_name(f'{name}.{ending}')
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f'{released}: AdaCode, task sr, scale 4'
    books = '128 x 64, 64 x 64, 128 x 64, 64 x 64, 64 x 64'
    assert lines[1] == f'codebooks: {books}'
    net, info = open_model(path)
    count = sum(p.numel() for p in net.parameters())
    learned = len(net.state_dict())
    assert lines[2] == f'parameters: {count:,} in {learned} tensors'
    computed = len(small_layout_of('stage3_x4')) - learned
    assert lines[3].startswith(f'left out: {computed} computed or unused')
    assert 'same output for a 16x16 image' in lines[4]
    assert lines[5].startswith(f'written: {path} (')
    assert len(lines) == 6
    assert info[:3] == ('AdaCode', 'sr', 4)
    assert torch.equal(image_of(net), image_of(build_from_released(released)))
    assert not list(released.parent.glob('.*'))


@pytest.mark.parametrize('dtype', ['float16', 'bfloat16'])
def test_half_precision_is_half_as_large(released, tmp_path, dtype, capsys):
    full, half = tmp_path / 'full.safetensors', tmp_path / 'half.safetensors'
    assert convert(released, '-o', full) == 0
    capsys.readouterr()
    assert convert(released, '-o', half, '--dtype', dtype) == 0
    assert f'rounded to {dtype}: the output changes' in capsys.readouterr().out
    assert 0.45 < half.stat().st_size / full.stat().st_size < 0.6
    net, _ = open_model(half)
    source = build_from_released(released)
    rounded = source.to(getattr(torch, dtype)).float()
    for key, value in rounded.state_dict().items():
        assert torch.equal(net.state_dict()[key], value), key


def test_a_converted_file_is_converted_again(released, tmp_path):
    first, second = tmp_path / 'a.safetensors', tmp_path / 'b.pth'
    assert convert(released, '-o', first) == 0
    assert convert(first, '-o', second) == 0
    assert torch.equal(
        image_of(open_model(second)[0]), image_of(open_model(first)[0])
    )


def test_a_training_goes_on_from_a_converted_file(released, tmp_path):
    path = tmp_path / 'a.safetensors'
    assert convert(released, '-o', path) == 0
    net = build_from_released(released)
    model = torch.nn.ModuleDict({'generator': torch.nn.Module()})
    model['generator'].quantizers = net.quantizers
    expected = [q.embedding.weight.clone() for q in net.quantizers]
    for each in net.quantizers:
        torch.nn.init.zeros_(each.embedding.weight)
    part = 'generator.quantizers'
    PretrainedParts([{'checkpoint': str(path), 'parts': {part: part}}])(model)
    for each, weight in zip(net.quantizers, expected, strict=True):
        assert torch.equal(each.embedding.weight, weight)


def test_the_discriminator_gets_the_names_of_mmagic(discriminator, capsys):
    state = torch.load(discriminator)['params']
    assert convert(discriminator) == 0
    path = discriminator.with_suffix('.safetensors')
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith(': UNetDiscriminatorWithSpectralNorm')
    assert 'in 28 tensors' in lines[1]
    net = UNetDiscriminatorWithSpectralNorm(3, 4)
    model = torch.nn.ModuleDict({'discriminator': net})
    PretrainedParts(
        [
            {
                'checkpoint': str(path),
                'parts': {'discriminator': 'discriminator'},
            }
        ]
    )(model)
    for key, value in state.items():
        ours = key.replace('conv', 'conv_', 1)
        assert torch.equal(net.state_dict()[ours], value), key
    assert convert(path, '-o', path.with_suffix('.new.pth')) == 0


def test_the_layout_of_the_discriminator_is_the_released_one():
    """4,376,897 parameters and two vectors for each normalised layer."""
    layout = list(discriminator_layout())
    assert len(layout) == 28
    count = sum(
        torch.Size(shape).numel()
        for key, shape in layout
        if not key.endswith(('_u', '_v'))
    )
    assert count == 4_376_897


@pytest.mark.parametrize(
    ('change', 'problem'),
    [
        ({'conv4.weight_orig': None}, r'1 missing (conv_4.weight_orig)'),
        ({'conv10.weight': torch.zeros(1)}, 'unexpected (conv10.weight)'),
        ({'conv0.weight': torch.zeros(4)}, "'conv_0.weight' of 4 dimensions"),
    ],
)
def test_a_broken_discriminator_is_refused(
    discriminator, change, problem, capsys
):
    state = {**torch.load(discriminator)['params'], **change}
    state = {key: value for key, value in state.items() if value is not None}
    torch.save({'params': state}, discriminator)
    assert problem in refused(capsys, discriminator)
    assert os.listdir(discriminator.parent) == [discriminator.name]


def test_own_weights_need_their_config(tmp_path, capsys):
    torch.manual_seed(0)
    net = MODELS.build(tiny_config('stage2').model.generator.to_dict())
    bare, out = tmp_path / 'bare.pth', tmp_path / 'one.safetensors'
    torch.save(net.state_dict(), bare)
    assert 'adacode convert --config' in refused(capsys, bare, '-o', out)
    config = TINY / 'stage2.py'
    assert convert(bare, '-o', out, '--config', config) == 0
    assert torch.equal(image_of(open_model(out)[0]), image_of(net.eval()))
    other = TINY / 'stage3_sr_x4.py'
    sentence = refused(
        capsys, bare, '-o', tmp_path / 'x.pth', '--config', other
    )
    assert 'must fit the shapes of the weights' in sentence
    sentence = refused(
        capsys, bare, '-o', tmp_path / 'x.pth', '--config', tmp_path / 'no.py'
    )
    assert 'Expected a training config' in sentence
    broken = tmp_path / 'broken.py'
    broken.write_text('1 / 0')
    sentence = refused(
        capsys, bare, '-o', tmp_path / 'x.pth', '--config', broken
    )
    assert 'cannot be used (division by zero)' in sentence


def test_the_file_is_compared_before_it_gets_its_name(
    released, monkeypatch, capsys
):
    """A disk that turns a number over is found out."""
    save = module.save_model

    def damaged(net, info, path, dtype):
        with torch.no_grad():
            bias = net.decoder.out_conv.bias
            bias[0] += 1
            save(net, info, path, dtype)
            bias[0] -= 1

    monkeypatch.setattr(module, 'save_model', damaged)
    assert 'but it does not: nothing was kept' in refused(capsys, released)
    assert os.listdir(released.parent) == [released.name]


def test_an_existing_file_stays_unless_told(released, tmp_path, capsys):
    out = tmp_path / 'out.pth'
    out.write_bytes(b'old')
    assert '--overwrite to replace it' in refused(capsys, released, '-o', out)
    assert out.read_bytes() == b'old'
    assert convert(released, '-o', out, '--overwrite') == 0
    assert open_model(out)[1].scale == 4
    digest = hashlib.sha256(released.read_bytes()).digest()
    sentence = refused(capsys, released, '-o', released, '--overwrite')
    assert 'another file than the one to convert' in sentence
    assert hashlib.sha256(released.read_bytes()).digest() == digest


def test_a_folder_takes_the_file(released, tmp_path):
    folder = tmp_path / 'models'
    folder.mkdir()
    assert convert(released, '-o', folder, '--format', 'pth') == 0
    assert os.listdir(folder) == ['AdaCode_SR_X4_model_g.pth']


@pytest.mark.parametrize(
    ('options', 'problem'),
    [
        (['-o', 'x.onnx'], 'ends in .safetensors or .pth, got -o x.onnx'),
        (['-o', 'x.pth', '--format', 'safetensors'], 'ends in .safetensors'),
        (['-o', 'no/folder/x.pth'], 'there is no no/folder'),
    ],
)
def test_other_outputs_are_refused(released, options, problem, capsys):
    assert problem in refused(capsys, released, *options)


def test_a_folder_that_cannot_be_written_is_told(released, tmp_path):
    target = tmp_path / 'no_folder' / 'one.pth'
    with pytest.raises(OutputError, match=f'Expected to write {target}, but'):
        module.convert_file(released, target)


def test_weights_too_large_for_a_type_are_refused(tmp_path, capsys):
    state = filled(small_layout_of('stage1_256'))
    state['out_conv.bias'] += 1e6
    path = tmp_path / 'g.pth'
    torch.save(state, path)
    sentence = refused(capsys, path, '--dtype', 'float16')
    assert 'generator.decoder.out_conv.bias has values' in sentence
    assert os.listdir(tmp_path) == ['g.pth']


def test_a_pickle_that_would_run_code_is_refused(released, tmp_path, capsys):
    mark = tmp_path / 'code_was_run'

    class Harmful:
        def __reduce__(self):
            return os.system, (f'touch {mark}',)

    content = torch.load(released)
    content['params']['more'] = Harmful()
    torch.save(content, released)
    sentence = refused(capsys, released)
    assert 'system, which could run code: the file was refused' in sentence
    assert os.listdir(tmp_path) == [released.name]
    torch.load(released, weights_only=False)
    assert mark.exists(), 'or the test would prove nothing'


def test_damaged_and_missing_files_are_told(released, capsys):
    whole = released.read_bytes()
    released.write_bytes(whole[: len(whole) // 2])
    assert 'cannot be read as a checkpoint' in refused(capsys, released)
    released.unlink()
    assert 'one of the names adacode-tiny-x4, ' in refused(capsys, released)


def test_of_a_training_only_the_generator_is_kept(tmp_path, capsys):
    cfg = tiny_config('stage2')
    model = seeded_model(cfg).eval()
    path, out = tmp_path / 'iter_7.pth', tmp_path / 'one.safetensors'
    meta = {'cfg': cfg.pretty_text, 'iter': 7}
    state = model.state_dict()
    torch.save({'meta': meta, 'state_dict': state}, path)
    assert any(key.startswith('discriminator.') for key in state)
    assert convert(path, '-o', out) == 0
    said = capsys.readouterr().out
    assert 'AdaCode, task reconstruct, scale 1' in said
    others = [key for key in state if not key.startswith('generator.')]
    assert f'left out: {len(others)} computed' in said
    with safe_open(out, 'pt') as file:
        found = set(file.keys())
    assert found == {key for key in state if key.startswith('generator.')}
    net, _ = open_model(out)
    assert torch.equal(image_of(net), image_of(model.generator))
