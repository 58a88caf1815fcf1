import re

import pytest
import torch
from captured_log import captured_log
from released_state import filled, layout_of
from tiny_stages import seeded_model, tiny_config

from adacode_mm.checkpoints.pretrained_parts import (
    PretrainedParts,
    read_state_dict,
)
from adacode_mm.core.exceptions import CheckpointError, ConfigError

CODES = 'generator.quantizers.{}.embedding.weight'


def initialise(model, checkpoint, parts):
    sources = [{'checkpoint': str(checkpoint), 'parts': parts}]
    PretrainedParts(sources=sources)(model)


@pytest.fixture(scope='module')
def stage1(tmp_path_factory):
    """A model of stage I and its checkpoint."""
    path = tmp_path_factory.mktemp('stage1') / 'iter_1.pth'
    model = seeded_model(tiny_config('stage1_arch'))
    torch.save({'state_dict': model.state_dict(), 'meta': {}}, path)
    return model, path


@pytest.fixture
def stage2():
    """A model whose codebook 2 has the size of that of stage I, 1 has not."""
    return seeded_model(tiny_config('stage2'), seed=1)


def test_only_the_named_part_is_filled(stage1, stage2):
    source, path = stage1
    before = {k: v.clone() for k, v in stage2.state_dict().items()}
    with captured_log() as log:
        initialise(
            stage2, path, {'generator.quantizers.2': 'generator.quantizers.0'}
        )
    after = stage2.state_dict()
    codes = source.state_dict()[CODES.format(0)]
    assert torch.equal(after[CODES.format(2)], codes)
    for key, value in before.items():
        same = torch.equal(after[key], value)
        assert same == (key != CODES.format(2)), key
    assert log == [
        f'Loaded from {path}: generator.quantizers.2 from '
        f'generator.quantizers.0. Not loaded from it: step_counter, '
        f'generator.encoder (56 tensors), generator.decoder (56 tensors), '
        f'generator.pre_quants (2 tensors), generator.post_quants '
        f'(2 tensors), discriminator (28 tensors).',
        'Stay as initialised: generator.encoder (56 tensors), '
        'generator.decoder (56 tensors), generator.quantizers.0, '
        'generator.quantizers.1, generator.quantizers.3, '
        'generator.quantizers.4, generator.pre_quants (10 tensors), '
        'generator.post_quants (10 tensors), generator.weight_predictor '
        '(30 tensors), discriminator (12 tensors). Frozen: '
        'generator.quantizers (5 tensors).',
    ]


def test_a_whole_network(stage1):
    source, path = stage1
    model = seeded_model(tiny_config('stage1_arch'), seed=3)
    parts = {'generator': 'generator', 'discriminator': 'discriminator'}
    initialise(model, path, parts)
    for key, value in source.state_dict().items():
        assert torch.equal(model.state_dict()[key], value), key


def test_a_codebook_of_another_size(stage1, stage2):
    """File, parts, what was expected and what was found."""
    source, path = stage1
    before = stage2.state_dict()[CODES.format(1)].clone()
    expected = tuple(before.shape)
    found = tuple(source.state_dict()[CODES.format(0)].shape)
    assert expected != found
    parts = {'generator.quantizers.1': 'generator.quantizers.0'}
    message = (
        rf'generator\.quantizers\.0 of .*iter_1\.pth. '
        rf'\(for generator\.quantizers\.1\) .*embedding\.weight must be '
        rf'{re.escape(str(expected))} and is {re.escape(str(found))}'
    )
    with pytest.raises(CheckpointError, match=message):
        initialise(stage2, path, parts)
    assert torch.equal(stage2.state_dict()[CODES.format(1)], before)


def test_a_single_parameter(stage1, stage2):
    source, path = stage1
    name = 'generator.encoder.downs.1.conv.bias'
    before = {k: v.clone() for k, v in stage2.state_dict().items()}
    initialise(stage2, path, {name: name})
    after = stage2.state_dict()
    assert torch.equal(after[name], source.state_dict()[name])
    changed = {k for k, v in before.items() if not torch.equal(after[k], v)}
    assert changed == {name}
    with pytest.raises(CheckpointError, match=r'\(bias must be \(32,\)'):
        initialise(stage2, path, {name: 'generator.encoder.in_conv.bias'})
    with pytest.raises(CheckpointError, match=r'unexpected \(offset\)'):
        initialise(stage2, path, {'generator.encoder.offset': name})


def test_one_codebook_of_several(stage1, tmp_path):
    """In the order of the files; anything else than the first size is one."""
    source, path = stage1
    small = seeded_model(tiny_config('stage1_indoor'), seed=2)
    other = tmp_path / 'small.pth'
    torch.save({'state_dict': small.state_dict(), 'meta': {}}, other)
    codes = [
        each.state_dict()[CODES.format(0)] for each in (small, source, small)
    ]
    sizes = [len(each) for each in codes]
    assert sizes == [32, 64, 32]
    options = {'model.generator.quantizers.0.num_embeddings': sum(sizes)}
    model = seeded_model(tiny_config('stage1_arch', **options))
    files = [str(other), str(path), str(other)]
    parts = {'generator.quantizers.0': 'generator.quantizers.0'}
    with captured_log() as log:
        PretrainedParts([{'checkpoint': files, 'parts': parts}])(model)
    assert torch.equal(model.state_dict()[CODES.format(0)], torch.cat(codes))
    assert ' + '.join(files) in log[0]


def test_checkpoints_that_cannot_be_joined(stage1, tmp_path):
    _, path = stage1
    long = tiny_config('stage1_arch')
    long.model.generator.quantizers[0].embedding_dim = 16
    other = tmp_path / 'long.pth'
    torch.save({'state_dict': seeded_model(long).state_dict()}, other)
    sources = [
        {
            'checkpoint': [str(path), str(other)],
            'parts': {'generator.quantizers.0': 'generator.quantizers.0'},
        }
    ]
    model = seeded_model(tiny_config('stage1_arch'))
    with pytest.raises(CheckpointError, match=r'but for the first dimension'):
        PretrainedParts(sources)(model)


def test_a_missing_file(stage2, tmp_path):
    with pytest.raises(
        CheckpointError, match=r'at .*stage1_arch.*none: run the stage'
    ):
        initialise(stage2, tmp_path / 'stage1_arch', {'generator': ''})


def test_a_part_that_the_file_lacks(stage1, stage2):
    parts = {'generator.weight_predictor': 'generator.weight_predictor'}
    with pytest.raises(
        CheckpointError,
        match=r'iter_1\.pth must hold parameters named '
        r'generator\.weight_predictor\.\*',
    ):
        initialise(stage2, stage1[1], parts)


def test_a_part_that_the_model_lacks(stage1, stage2):
    parts = {'generator.quantizers.5': 'generator.quantizers.0'}
    with pytest.raises(
        ConfigError, match=r"'5' must be one of \['0', '1', '2', '3', '4'\]"
    ):
        initialise(stage2, stage1[1], parts)


def test_a_released_file_is_read_under_our_names(tmp_path):
    """Stage II can start from the authors' own codebooks, or III from II."""
    path = tmp_path / 'AdaCode_S1.pth'
    released = filled(layout_of('stage1_256'))
    torch.save({'params': released}, path)
    state = read_state_dict(str(path))
    assert len(state) == 119  # without VGG19
    found = state['generator.quantizers.0.embedding.weight']
    assert torch.equal(found, released['quantize_group.0.embedding.weight'])
    found = state['generator.post_quants.0.bias']
    assert torch.equal(found, released['after_quant_group.0.conv.bias'])
