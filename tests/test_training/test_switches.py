"""Switches of a training: what they write, and what comes out of it."""

import copy
import json

import pytest
import torch
from mmengine.config import Config
from tiny_stages import (
    CONFIGS,
    TINY,
    TinyTraining,
    photo_batch,
    seeded_model,
    seeded_optimizers,
    tiny_config,
)

from adacode_mm.checkpoints.safe_load import load_file
from adacode_mm.core.exceptions import ConfigError
from adacode_mm.training.check_training import check_training
from adacode_mm.training.run_config import load_config, train_config
from adacode_mm.training.switches import set_switches

STAGE1 = str(TINY / 'stage1_arch.py')
PARTS = ('generator', 'discriminator')
# Four short iterations, a checkpoint after each second one.
SHORT = {
    'train_cfg.max_iters': 4,
    'train_cfg.val_interval': 4,
    'train_dataloader.batch_size': 2,
    'default_hooks.checkpoint.interval': 2,
    'default_hooks.checkpoint.max_keep_ckpts': 9,
    'default_hooks.logger.interval': 1,
    'param_scheduler': None,
}


def test_without_switches_nothing_changes():
    cfg = tiny_config('stage2')
    before = cfg.to_dict()
    set_switches(cfg)
    assert cfg.to_dict() == before


@pytest.mark.parametrize(
    ('amp', 'dtype'), [('bf16', 'bfloat16'), ('fp16', 'float16')]
)
def test_mixed_precision_replaces_both_wrappers(amp, dtype):
    cfg = tiny_config('stage1_arch')
    given = cfg.optim_wrapper.to_dict()
    set_switches(cfg, amp=amp)
    for part in PARTS:
        wrapper = cfg.optim_wrapper[part].to_dict()
        assert wrapper.pop('type') == 'adacode_mm.AutocastOptimWrapper'
        assert wrapper.pop('dtype') == dtype
        assert {'type': 'OptimWrapper', **wrapper} == given[part]


def test_an_average_comes_with_its_hook():
    cfg = tiny_config('stage1_arch')
    others = list(cfg.custom_hooks)
    for momentum in (0.5, 0.01):
        set_switches(cfg, ema=momentum, accumulate=2)
    assert cfg.model.train_cfg == {'ema': True}
    assert list(cfg.custom_hooks[:-1]) == others
    hook = cfg.custom_hooks[-1]
    assert hook.interp_cfg.momentum == 0.01
    assert hook.interval == 2, 'once a step'


def test_switches_are_fields_of_the_config():
    cfg = tiny_config('stage1_arch')
    set_switches(cfg, accumulate=3, compile=True, auto_scale_lr=True)
    counts = [cfg.optim_wrapper[part].accumulative_counts for part in PARTS]
    assert counts == [3, 3]
    assert cfg.model.train_cfg.compile is True
    assert cfg.auto_scale_lr == {'enable': True, 'base_batch_size': 32}


WRONG = {
    'amp': ({}, {'amp': 'fp8'}, ['amp', "'fp8'"]),
    'amp of another wrapper': (
        {'optim_wrapper.generator.type': 'AmpOptimWrapper'},
        {'amp': 'bf16'},
        ['optim_wrapper.generator', "'AmpOptimWrapper'"],
    ),
    'ema': ({}, {'ema': 1.0}, ['ema', '0.001', '1.0']),
    'half an ema': (
        {'model.train_cfg.ema': True},
        {},
        ['model.train_cfg.ema', 'custom_hooks', '--ema'],
    ),
    'accumulate': ({}, {'accumulate': 0}, ['accumulate', '0']),
    'compile': ({'compile': True}, {}, ['--compile']),
}


@pytest.mark.parametrize(('options', 'switches', 'facts'), WRONG.values())
def test_what_does_not_fit_is_said_at_once(options, switches, facts):
    cfg = tiny_config('stage1_arch', **options)
    with pytest.raises(ConfigError) as caught:
        set_switches(cfg, **switches)
    for fact in facts:
        assert fact in str(caught.value)


def single_optimizer(**options):
    """A network of MMagic's under its BaseEditModel: one optimizer."""
    cfg = load_config(CONFIGS / 'mixed' / 'rrdbnet_x4.py')
    cfg.model = {
        'type': 'BaseEditModel',
        'generator': cfg.model.generator.network,
        'pixel_loss': cfg.model.pixel_loss,
        'data_preprocessor': cfg.model.data_preprocessor,
    }
    cfg.optim_wrapper = {
        'type': 'OptimWrapper',
        'optimizer': {'type': 'Adam', 'lr': 1e-3},
        'clip_grad': {'max_norm': 10.0},
    }
    cfg.merge_from_dict({**SHORT, **options})
    return cfg


def test_a_single_optimizer_takes_the_switches(tmp_path):
    runner = train_config(
        single_optimizer(),
        str(tmp_path),
        amp='bf16',
        accumulate=2,
        auto_scale_lr=True,
    )
    wrapper = runner.optim_wrapper
    assert type(wrapper).__name__ == 'AutocastOptimWrapper'
    assert wrapper.dtype == torch.bfloat16
    assert wrapper._accumulative_counts == 2
    (group,) = wrapper.param_groups
    assert group['lr'] == pytest.approx(1e-3 * 2 * 2 / 32)
    (steps,) = {float(s['step']) for s in wrapper.optimizer.state.values()}
    assert steps == 2, 'four batches'


def mmagic_srgan(count):
    """MMagic's SRGAN around AdaCode's network, its model and optimizers."""
    cfg = load_config(CONFIGS / 'mixed' / 'srgan_with_adacode_x4.py')
    cfg.merge_from_dict({'default_hooks.checkpoint.interval': -1})
    cfg.train_cfg.val_interval = count * 100
    set_switches(cfg, accumulate=count)
    check_training(cfg)
    model = seeded_model(cfg).train()
    return cfg, model, seeded_optimizers(cfg, model)


def test_an_odd_number_of_batches_makes_a_step_of_mmagics_discriminator():
    cfg, model, optim = mmagic_srgan(3)
    batch = photo_batch(cfg)
    for _ in range(6):
        model.train_step(copy.deepcopy(batch), optim)
    passes = {name: optim[name]._inner_count for name in PARTS}
    assert passes == {'generator': 6, 'discriminator': 12}
    for name in PARTS:
        states = optim[name].optimizer.state.values()
        assert {float(state['step']) for state in states} == {2}, name


@pytest.mark.parametrize('count', [2, 4, 6])
def test_an_even_number_would_make_it_step_too_early(count):
    with pytest.raises(ConfigError) as caught:
        mmagic_srgan(count)
    for fact in (
        'SRGAN',
        f'optim_wrapper.discriminator.accumulative_counts={count}',
        f'{count // 2} iterations',
        str(count + 1),
    ):
        assert fact in str(caught.value)


def train(folder, options=None, **switches):
    runner = train_config(
        STAGE1,
        str(folder),
        cfg_options={**SHORT, **(options or {})},
        **switches,
    )
    (scalars,) = folder.glob('*/vis_data/scalars.json')
    lines = [json.loads(line) for line in scalars.read_text().splitlines()]
    return runner, [line for line in lines if 'loss_pix' in line]


def test_learning_rates_scale_with_the_images_of_a_step(tmp_path):
    runner, logs = train(tmp_path, auto_scale_lr=True, accumulate=2)
    given = Config.fromfile(STAGE1).optim_wrapper
    for part in PARTS:
        rate = given[part].optimizer.lr * 2 * 2 / 32
        assert logs[-1][f'{part}.lr'] == pytest.approx(rate)
        (group,) = runner.optim_wrapper[part].param_groups
        assert group['lr'] == pytest.approx(rate)


def test_all_switches_together(tmp_path):
    """Mixed precision, average, accumulation and clipping; then a resume."""
    momentum = 0.25
    switches = {'amp': 'fp16', 'ema': momentum, 'accumulate': 2}
    options = {
        f'optim_wrapper.{part}.{name}': value
        for part in PARTS
        for name, value in {
            'clip_grad': {'max_norm': 0.1},
            'init_scale': 256.0,
            'growth_interval': 1,
        }.items()
    }
    whole, logs = train(tmp_path / 'whole', options, **switches)
    assert len(logs) == 4
    norms = [log.get('discriminator_grad_norm') for log in logs]
    assert norms[0] is None and norms[-1] > 0.1, 'a norm for each step'
    states = [
        load_file(str(tmp_path / 'whole' / f'iter_{i}.pth')) for i in (2, 4)
    ]
    # Two steps, each without overflow, double the scale each.
    scales = [
        state['optimizer']['generator']['loss_scaler']['scale']
        for state in states
    ]
    assert scales == [512, 1024]
    before, after = (state['state_dict'] for state in states)
    averaged = 0
    for key, value in after.items():
        if not key.startswith('generator_ema.'):
            continue
        plain = after[key.replace('generator_ema.', 'generator.', 1)]
        expected = before[key] + momentum * (plain - before[key])
        torch.testing.assert_close(value, expected)
        averaged += not torch.equal(value, plain)
    assert averaged > 10

    folder = tmp_path / 'part'
    train(folder, {**options, 'train_cfg.max_iters': 2}, **switches)
    resumed = train_config(
        STAGE1,
        str(folder),
        resume=True,
        cfg_options={**SHORT, **options},
        **switches,
    )
    expected = whole.model.state_dict()
    for key, value in resumed.model.state_dict().items():
        assert torch.equal(value, expected[key]), key


def test_gradients_of_two_batches_make_the_step_of_both():
    """Their mean. Without the discriminator, which would move in between."""
    options = {'model.gan_loss.loss_weight': 0}
    training = TinyTraining('stage1_arch', **options)
    cfg = tiny_config('stage1_arch', **options)
    set_switches(cfg, accumulate=2)
    other = TinyTraining(
        'stage1_arch', **options, optim_wrapper=cfg.optim_wrapper
    )
    batches = [training.batch, other.batch]
    each = keep_gradients(training, batches)
    both = keep_gradients(other, batches)
    assert len(each) == 2 and len(both) == 1
    torch.testing.assert_close(both[0], (each[0] + each[1]) / 2)


def keep_gradients(training, batches):
    """Gradients of the generator at each step that batches make."""
    held = []
    wrapper = training.optim['generator']

    def step():
        params = (
            p for g in wrapper.optimizer.param_groups for p in g['params']
        )
        held.append(torch.cat([p.grad.flatten() for p in params]))

    wrapper.step = step
    for batch in batches:
        training.batch = batch
        training.step()
    return held


def test_models_of_mmagic_have_no_switches_of_our_editor():
    cfg = load_config(CONFIGS / 'mixed' / 'srgan_with_adacode_x4.py')
    with pytest.raises(ConfigError) as caught:
        set_switches(cfg, ema=0.01)
    for fact in ('SRGAN', 'ema', 'train_cfg', 'CodebookEditor'):
        assert fact in str(caught.value)
    averaged = load_config(CONFIGS / 'mixed' / 'realesrgan_with_adacode_x4.py')
    set_switches(averaged)  # its own average, and MMagic's hook for it
