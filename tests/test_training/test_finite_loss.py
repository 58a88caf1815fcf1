"""A training that diverges stops, and keeps its good checkpoints."""

import math
from types import SimpleNamespace

import adacode_mm  # noqa: F401 isort: skip  (before MMagic)
import pytest
import torch
from mmengine.hooks import Hook
from mmengine.logging import MMLogger
from tiny_stages import TINY

from adacode_mm.checkpoints.safe_load import load_file
from adacode_mm.core.exceptions import ConfigError, DivergedError
from adacode_mm.registry import HOOKS
from adacode_mm.training.hooks.finite_loss_hook import FiniteLossHook, spoilt
from adacode_mm.training.run_config import train_config

SHORT = {
    'train_cfg.max_iters': 9,
    'train_cfg.val_interval': 5,
    'train_dataloader.batch_size': 1,
    'default_hooks.checkpoint.interval': 1,
    'default_hooks.checkpoint.max_keep_ckpts': 2,
    'default_hooks.logger.interval': 1,
    'model.gan_loss.loss_weight': 0,
    'model.discriminator': None,
    'optim_wrapper.discriminator': None,
}


@HOOKS.register_module(force=True)
class PoisonHook(Hook):
    """One weight is not a number before the step after `iteration`."""

    def __init__(self, iteration: int):
        self.iteration = iteration

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        if runner.iter == self.iteration:
            with torch.no_grad():
                next(runner.model.generator.parameters()).fill_(math.nan)


def test_it_stops_and_names_the_last_good_checkpoint(tmp_path):
    with pytest.raises(DivergedError) as caught:
        train_config(
            str(TINY / 'stage1_indoor.py'),
            str(tmp_path),
            cfg_options={
                **SHORT,
                'custom_hooks': [{'type': 'PoisonHook', 'iteration': 3}],
            },
        )
    # The fourth step is the first wrong one; the weights of the third may
    # be what spoilt it.
    for fact in ('iteration 4 ', 'loss_pix=nan', str(tmp_path / 'iter_2.pth')):
        assert fact in str(caught.value)
    kept = {path.name for path in tmp_path.glob('*.pth')}
    assert kept == {'iter_2.pth', 'iter_3.pth'}
    for name in kept:
        state = load_file(tmp_path / name)['state_dict']
        assert all(torch.isfinite(value).all() for value in state.values())


def runner_of(model, folder, step=0):
    hub = SimpleNamespace(runtime_info={})
    hub.update_info = hub.runtime_info.__setitem__
    return SimpleNamespace(
        iter=step,
        model=model,
        message_hub=hub,
        work_dir=str(folder),
        logger=MMLogger.get_current_instance(),
    )


def test_a_single_bad_step_is_forgiven(tmp_path):
    hook, runner = FiniteLossHook(patience=2), runner_of(None, tmp_path)
    for step, loss in enumerate([1.0, math.inf, 1.0, math.nan, 1.0]):
        runner.iter = step
        hook.after_train_iter(runner, step, outputs={'loss': loss})
        since = runner.message_hub.runtime_info['not_finite_since']
        assert since == (None if math.isfinite(loss) else step + 1)
    runner.iter = 5
    hook.after_train_iter(runner, 5, outputs={'loss': -math.inf})
    with pytest.raises(DivergedError) as caught:
        runner.iter = 6
        hook.after_train_iter(runner, 6, outputs={'loss': torch.tensor(1e39)})
    assert 'iteration 6 ' in str(caught.value)


@pytest.mark.parametrize('value', [math.nan, math.inf])
def test_weights_that_are_not_finite_are_not_saved(tmp_path, value):
    model = torch.nn.Linear(2, 2)
    assert spoilt(runner_of(model, tmp_path)) is None
    model.bias.data[1] = value
    assert 'bias' in spoilt(runner_of(model, tmp_path))


def test_patience_is_at_least_one_step():
    with pytest.raises(ConfigError) as caught:
        FiniteLossHook(patience=0)
    assert 'patience' in str(caught.value)
