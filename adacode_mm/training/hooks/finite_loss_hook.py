"""A training that has left the finite numbers stops."""

import glob
import math
import os
import re

import torch
from mmengine.dist import all_gather_object
from mmengine.hooks import Hook
from torch import nn

from adacode_mm.core.exceptions import ConfigError, DivergedError
from adacode_mm.registry import HOOKS

_KEY = 'not_finite_since'


@HOOKS.register_module()
class FiniteLossHook(Hook):
    """Stop when a loss has been NaN or infinite for several iterations.

    `train_config` adds this hook to every training whose config does not
    name it. Checkpoint hooks of this package save nothing meanwhile.

    Args:
        patience: So many iterations in a row, with `accumulative_counts`
            among them, are one too many.

    Raises:
        ConfigError: If `patience` is not positive.
        DivergedError: In the training. The message says when it began and
            which checkpoint is from before.
    """

    # Before checkpoints are written.
    priority = 'ABOVE_NORMAL'

    def __init__(self, patience: int = 3):
        if patience < 1:
            raise ConfigError(
                f'FiniteLossHook.patience must be at least 1, got {patience}.'
            )
        self.patience = patience
        self._since: int | None = None

    def after_train_iter(
        self, runner, batch_idx, data_batch=None, outputs=None
    ) -> None:
        """Look at what the step has logged, which is on the host already."""
        losses = {
            name: float(torch.as_tensor(value).detach())
            for name, value in (outputs or {}).items()
        }
        wrong = {
            name: value
            for name, value in losses.items()
            if not math.isfinite(value)
        }
        step = runner.iter + 1
        if not wrong:
            self._since = None
        elif self._since is None:
            self._since = step
            runner.logger.warning(
                f'Iteration {step}: {_listed(wrong)}. No checkpoint is saved '
                f'until all losses are finite again.'
            )
        runner.message_hub.update_info(_KEY, self._since)
        if wrong and step - self._since + 1 >= self.patience:
            raise DivergedError(
                f'The training has diverged: since iteration {self._since} '
                f'the losses are not finite ({_listed(wrong)}). '
                f'{self._advice(runner)}'
            )

    def _advice(self, runner):
        lower = 'start with a lower learning rate, or clip gradients.'
        # The step before has used the weights of its checkpoint, the step
        # that went wrong those of one that may be spoilt.
        good = _last_before(runner, self._since - 1)
        if good is None:
            return f'There is no checkpoint from before: {lower}'
        return (
            f'The last good checkpoint is {good}: go on from its weights with '
            f'--cfg-options load_from={good}, and {lower}'
        )


def _listed(losses):
    return ', '.join(f'{name}={value}' for name, value in losses.items())


def _last_before(runner, step) -> str | None:
    folders = {runner.work_dir}
    last = runner.message_hub.runtime_info.get('last_ckpt')
    if last:
        folders.add(os.path.dirname(last))
    found = {
        int(match[1]): path
        for folder in folders
        for path in glob.glob(os.path.join(glob.escape(folder), 'iter_*.pth'))
        if (match := re.search(r'iter_(\d+)\.pth$', path))
    }
    good = [each for each in found if each < step]
    return found[max(good)] if good else None


def spoilt(runner) -> str | None:
    """Why the state of a training is not worth a checkpoint, if it is not.

    Called on all processes, some of which may log losses of their own.
    """
    since = runner.message_hub.runtime_info.get(_KEY)
    if since is not None:
        reason = f'a loss has not been finite since iteration {since}'
    else:
        name = _not_finite(runner.model)
        reason = name and f'{name} holds numbers that are not finite'
    return next(filter(None, all_gather_object(reason)), None)


@torch.no_grad()
def _not_finite(model: nn.Module) -> str | None:
    """Name of the first tensor with NaN or infinity."""
    for name, value in model.state_dict().items():
        if value.is_floating_point() and not torch.isfinite(value).all():
            return name
    return None
