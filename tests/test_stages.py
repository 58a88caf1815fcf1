"""What each stage hands over to the next, in short trainings."""

import os
import re
import shutil

import pytest
import torch
from captured_log import captured_log
from mmengine.config import Config
from tiny_stages import (
    CLASSES,
    CONFIGS,
    QUICK,
    TINY,
    seeded_model,
    trained_stages,
    working_directory,
)

from adacode_mm.checkpoints.find_checkpoint import find_checkpoint
from adacode_mm.checkpoints.safe_load import load_file
from adacode_mm.core.exceptions import CheckpointError
from adacode_mm.training.run_config import load_config, train_config

CODES = 'generator.quantizers.0.embedding.weight'


def trained(name):
    """State dict that the next stage starts from."""
    path = find_checkpoint(f'work_dirs/tiny/{name}')
    return load_file(path)['state_dict']


def initialised(name, folder=TINY, **options):
    """Model as at the start of a training."""
    cfg = load_config(folder / f'{name}.py', cfg_options=options)
    model = seeded_model(cfg, seed=99)
    model.init_weights()
    return model


def test_stage2_starts_from_the_codebooks_of_stage1():
    with working_directory(trained_stages()):
        model = initialised('stage2')
        for k, name in enumerate(CLASSES):
            state = trained(f'stage1_{name}')
            codes = state['generator.quantizers.0.embedding.weight']
            found = model.generator.quantizers[k].embedding.weight
            assert torch.equal(found, codes), name
        # and they were not changed by its training
        after = trained('stage2')
        for k, quantizer in enumerate(model.generator.quantizers):
            key = f'generator.quantizers.{k}.embedding.weight'
            assert torch.equal(after[key], quantizer.embedding.weight)


@pytest.mark.parametrize('names', [['nature', 'arch'], ['portrait']])
def test_an_ablation_starts_from_its_codebooks(names):
    with working_directory(trained_stages()):
        model = initialised('ablation_bases', bases=names)
        for quantizer, name in zip(
            model.generator.quantizers, names, strict=True
        ):
            codes = trained(f'stage1_{name}')[CODES]
            assert torch.equal(quantizer.embedding.weight, codes), name
            assert not quantizer.embedding.weight.requires_grad
    out = model.generator(torch.rand(1, 3, 64, 64))
    if len(names) == 1:
        assert out.weight is None
    else:
        assert out.weight.shape == (1, len(names), 8, 8)


def test_a_single_codebook_goes_through_all_stages():
    options = {**QUICK, 'bases': ['portrait']}
    with working_directory(trained_stages()) as folder:
        train_config(TINY / 'stage2.py', cfg_options=options)
        runner = train_config(TINY / 'stage3_sr_x4.py', cfg_options=options)
        assert (folder / 'work_dirs/tiny/stage3_sr_x4_portrait').is_dir()
        stage1, stage2 = trained('stage1_portrait'), trained('stage2_portrait')
    for network in (runner.model.generator, runner.model.hq_prior):
        assert network.weight_predictor is None
        codes = network.state_dict()['quantizers.0.embedding.weight']
        assert torch.equal(codes, stage1[CODES])
    for key, value in runner.model.hq_prior.state_dict().items():
        assert torch.equal(value, stage2[f'generator.{key}']), key


def test_vqgan_aux_joins_the_codebooks_of_stage1():
    path = CONFIGS / 'vqgan' / 'tiny' / 'vqgan_aux_1792x256.py'
    with working_directory(trained_stages()):
        codes = [trained(f'stage1_{name}')[CODES] for name in CLASSES]
        runner = train_config(path, cfg_options=QUICK)
    found = runner.model.state_dict()[CODES]
    assert found.shape == (224, 32)
    assert torch.equal(found, torch.cat(codes))  # after a step


def test_femasr_matches_its_own_first_stage():
    folder = CONFIGS / 'femasr' / 'tiny'
    with working_directory(trained_stages()):
        train_config(folder / 'femasr_hq.py', cfg_options=QUICK)
        hq = trained('femasr_hq')
        runner = train_config(folder / 'femasr_sr_x4.py', cfg_options=QUICK)
        at_x2 = initialised('femasr_sr_x2', folder)
    for model in (runner.model, at_x2):
        for key, value in model.hq_prior.state_dict().items():
            assert torch.equal(value, hq[f'generator.{key}']), key
        lq = model.state_dict()
        for key, value in hq.items():
            fixed = ('quantizers', 'post_quants', 'decoder')
            if key.startswith(tuple(f'generator.{part}.' for part in fixed)):
                assert torch.equal(lq[key], value), f'{key} moved'
    projection = 'generator.pre_quants.0.weight'
    assert torch.equal(at_x2.state_dict()[projection], hq[projection])
    moved = runner.model.state_dict()[projection] - hq[projection]
    assert 0 < moved.abs().max() < 0.01  # one step


def test_the_log_tells_what_stage3_starts_from():
    with working_directory(trained_stages()), captured_log() as log:
        model = initialised('stage3_sr_x4')
    text = '\n'.join(log)
    loaded, left, fresh, frozen = re.search(
        r'Loaded from \S*stage2/\S+: (.*)\. Not loaded from it: (.*)\.\n'
        r'Stay as initialised: (.*)\. Frozen: (.*)\.$',
        text,
        re.MULTILINE,
    ).groups()
    assert loaded.endswith('discriminator, hq_prior from generator')
    assert left == 'step_counter'
    assert fresh == f'generator.encoder ({size(model.generator.encoder)})'
    decoder = size(model.generator.decoder)
    assert frozen == (
        f'generator.decoder ({decoder}), generator.quantizers (5 tensors), '
        f'generator.post_quants (10 tensors), '
        f'hq_prior ({size(model.hq_prior)})'
    )


def size(module):
    return f'{len(list(module.parameters()))} tensors'


def test_a_stage_may_start_from_files_elsewhere(tmp_path):
    with working_directory(trained_stages()):
        source = find_checkpoint('work_dirs/tiny/stage2')
        expected = load_file(source)['state_dict']
        shutil.copy(source, tmp_path / 'mine.pth')
        stage1 = os.path.abspath('work_dirs/tiny/stage1_nature')
    option = 'model.init_cfg.sources.{}.checkpoint'
    with working_directory(tmp_path):
        model = initialised(
            'stage3_sr_x2', **{option.format(0): str(tmp_path / 'mine.pth')}
        )
        for key, value in model.hq_prior.state_dict().items():
            assert torch.equal(value, expected[f'generator.{key}']), key
        # Each codebook of stage II has its own.
        files = {option.format(k): stage1 for k in (0, 2)}
        with pytest.raises(CheckpointError, match='stage1_indoor'):
            initialised('stage2', **files)
        files[option.format(1)] = stage1
        with pytest.raises(CheckpointError, match=r'\(for .*quantizers\.1\)'):
            initialised('stage2', **files)  # 64 codes where 32 belong


@pytest.mark.parametrize('task', ['sr_x2', 'sr_x4', 'inpaint'])
def test_stage3_starts_from_stage2(task):
    handed = ['quantizers', 'pre_quants', 'post_quants', 'weight_predictor']
    handed += ['decoder']
    if task == 'inpaint':
        handed += ['encoder.in_conv', 'encoder.downs']
    handed = tuple(f'generator.{part}.' for part in handed)
    handed += ('discriminator.',)
    with working_directory(trained_stages()):
        stage2 = trained('stage2')
        model = initialised(f'stage3_{task}')
    fresh = seeded_model(Config.fromfile(TINY / f'stage3_{task}.py'), seed=99)
    fresh = fresh.state_dict()
    filled = 0
    for key, value in model.state_dict().items():
        if key.startswith(handed):
            assert torch.equal(value, stage2[key]), f'{key} is not stage II'
            filled += not torch.equal(value, fresh[key])
        else:
            assert torch.equal(value, fresh[key]), f'{key} was overwritten'
    assert filled > 50
    prior = model.hq_prior.state_dict()
    assert {f'generator.{key}' for key in prior} == {
        key for key in stage2 if key.startswith('generator.')
    }
    for key, value in prior.items():
        assert torch.equal(value, stage2[f'generator.{key}']), key


def test_stage3_trained_only_what_it_may():
    with working_directory(trained_stages()):
        before, after = trained('stage2'), trained('stage3_sr_x4')
    assert not any(key.startswith('hq_prior') for key in after)
    fixed = [
        f'generator.{p}.' for p in ('quantizers', 'post_quants', 'decoder')
    ]
    for key, value in before.items():
        if key.startswith(tuple(fixed)):
            assert torch.equal(after[key], value), f'{key} moved'
    for part in ('pre_quants.0.weight', 'weight_predictor.head.weight'):
        key = f'generator.{part}'
        assert not torch.equal(after[key], before[key]), f'{key} did not move'


def test_stage3_resumes_with_the_prior_of_stage2(tmp_path):
    """The prior is not in the checkpoint: it comes from stage II again."""
    folder = trained_stages()
    with working_directory(folder):
        options = dict(QUICK)
        work_dir = tmp_path / 'stage3'
        path = TINY / 'stage3_sr_x4.py'
        train_config(path, str(work_dir), cfg_options=options)
        options['train_cfg.max_iters'] = 2
        runner = train_config(
            path, str(work_dir), resume=True, cfg_options=options
        )
        stage2 = trained('stage2')
    assert runner.iter == 2
    assert runner.model.step_counter == 2
    for key, value in runner.model.hq_prior.state_dict().items():
        assert torch.equal(value, stage2[f'generator.{key}']), key
