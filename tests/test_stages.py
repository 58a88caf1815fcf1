"""What each stage hands over to the next, in short trainings."""

import pytest
import torch
from mmengine.config import Config
from tiny_stages import (
    CLASSES,
    QUICK,
    TINY,
    seeded_model,
    trained_stages,
    working_directory,
)

from adacode_mm.apis import train_config
from adacode_mm.checkpoints import load_file
from adacode_mm.checkpoints.find_checkpoint import find_checkpoint


def trained(name):
    """State dict that the next stage starts from."""
    path = find_checkpoint(f'work_dirs/tiny/{name}')
    return load_file(path)['state_dict']


def initialised(name):
    """Model as at the start of a training."""
    cfg = Config.fromfile(TINY / f'{name}.py')
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
