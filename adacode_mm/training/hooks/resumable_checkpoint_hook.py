"""Checkpoints that a training can go on from, bit by bit."""

import os
from collections import deque

from mmengine.dist import all_gather_object, is_main_process
from mmengine.hooks import CheckpointHook

from adacode_mm.core.atomic_files import remove_temporary_files
from adacode_mm.core.exceptions import CheckpointError
from adacode_mm.core.random_state import get_random_state
from adacode_mm.registry import HOOKS

from .finite_loss_hook import spoilt
from .kept_state import keep_states
from .resume_differences import resume_differences
from .unsaved_parts import compare_unsaved_parts
from .unwrapped import unwrapped


@HOOKS.register_module()
class ResumableCheckpointHook(CheckpointHook):
    """MMEngine's hook, safe against kills and with all that resuming needs.

    - Weights that are not finite, or whose loss is not, are not saved: files
      from before stay.
    - Every file is written atomically, `last_checkpoint` after the checkpoint
      that it names; an old checkpoint is removed once the new one is there.
    - The message hub, which checkpoints hold, gets the state of the random
      numbers of each process, which `ResumableTrainLoop` restores, and what
      other hooks have counted (`KeptState`).
    - On resuming it is said which changes of the config have no effect, since
      optimizers and schedules go on as the checkpoint has them. Parts of the
      model that no checkpoint holds must be the same as before.

    Takes the arguments of :class:`mmengine.hooks.CheckpointHook`.
    """

    _state_before_val: dict | None = None

    def before_train(self, runner) -> None:
        """Choose how files are written; remove what a kill left.

        Raises:
            CheckpointError: If a part of the model that checkpoints do not
                hold is not what it was before the interruption.
        """
        compare_unsaved_parts(
            unwrapped(runner.model), runner.message_hub, runner.iter > 0
        )
        chosen = self.backend_args or self.file_client_args
        if chosen is None and '://' not in (self.out_dir or ''):
            self.backend_args = {'backend': 'adacode_mm_atomic'}
        super().before_train(runner)
        if is_main_process() and os.path.isdir(self.out_dir):
            remove_temporary_files(self.out_dir)

    def after_load_checkpoint(self, runner, checkpoint: dict) -> None:
        """Say what the config has changed in vain since the checkpoint.

        Raises:
            CheckpointError: If a training cannot go on from it.
        """
        if runner._resume:
            _check_resumable(runner, checkpoint)
            for difference in resume_differences(runner, checkpoint):
                runner.logger.warning(difference)

    def before_val(self, runner) -> None:
        """Keep the random state, which the loop will go back to.

        A validation with the best result so far saves a checkpoint, too.
        """
        self._state_before_val = get_random_state()

    def after_val(self, runner) -> None:
        """Training goes on."""
        self._state_before_val = None

    def _save_checkpoint_with_step(self, runner, step, meta):
        # Called on all processes, which have the same weights.
        reason = spoilt(runner)
        if reason:
            runner.logger.warning(
                f'No checkpoint is saved after iteration {step}: {reason}.'
            )
            return
        state = self._state_before_val or get_random_state()
        states = all_gather_object(state)
        runner.message_hub.update_info('random_states', states)
        keep_states(runner.hooks, runner.message_hub)
        outdated = self._outdated(runner.message_hub, step)
        name = self.filename_tmpl.format(step)
        self.last_ckpt = self.file_backend.join_path(self.out_dir, name)
        runner.message_hub.update_info('last_ckpt', self.last_ckpt)
        runner.save_checkpoint(
            self.out_dir,
            name,
            self.file_client_args,
            save_optimizer=self.save_optimizer,
            save_param_scheduler=self.save_param_scheduler,
            meta=meta,
            by_epoch=self.by_epoch,
            backend_args=self.backend_args,
            **self.args,
        )
        if is_main_process():
            pointer = os.path.join(runner.work_dir, 'last_checkpoint')
            self.file_backend.put_text(self.last_ckpt, pointer)
        for each in outdated:
            name = self.filename_tmpl.format(each)
            self._remove(self.file_backend.join_path(self.out_dir, name))

    def _outdated(self, message_hub, step):
        """Steps whose checkpoints have to go when that of `step` is there."""
        if self.max_keep_ckpts <= 0:
            return []
        steps = [each for each in self.keep_ckpt_ids if each != step]
        steps.append(step)
        kept = steps[-self.max_keep_ckpts :]
        self.keep_ckpt_ids = deque(kept, self.max_keep_ckpts)
        message_hub.update_info('keep_ckpt_ids', kept)
        return steps[: -self.max_keep_ckpts]

    def _remove(self, path):
        if is_main_process() and self.file_backend.isfile(path):
            self.file_backend.remove(path)


def _check_resumable(runner, checkpoint):
    needed = {'meta', 'message_hub', 'optimizer'}
    if runner.param_schedulers:
        needed.add('param_schedulers')
    lacks = sorted(needed - checkpoint.keys())
    if not lacks and 'iter' not in checkpoint['meta']:
        lacks = ['meta.iter']
    if lacks:
        path = runner._load_from
        raise CheckpointError(
            f'{path} has no {", ".join(lacks)}, so a training cannot go on '
            f'from it (the best checkpoint and published files hold weights '
            f'alone): resume an iter_N.pth, or start a new training from its '
            f'weights with load_from={path} and without --resume.'
        )
