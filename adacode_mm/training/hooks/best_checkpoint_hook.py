"""Checkpoints, and the best of them by the first metric that is reported."""

import math
from collections.abc import Sequence

from adacode_mm.core.exceptions import ConfigError
from adacode_mm.registry import HOOKS

from .finite_loss_hook import spoilt
from .resumable_checkpoint_hook import ResumableCheckpointHook

DIRECTIONS = {'less': 'lower', 'greater': 'higher'}


@HOOKS.register_module()
class BestCheckpointHook(ResumableCheckpointHook):
    """`ResumableCheckpointHook` with a choice of metrics for the best one.

    Which metrics a validation reports may depend on the machine: LPIPS needs
    weights that are not everywhere. The best checkpoint is kept by the first
    of `save_best` that is reported; which one that is stands in the log
    before training. If it is another one than before a resume, the search
    for the best starts anew, and the old best file stays.

    A file is deleted only after the one that takes its place is complete.

    Args:
        interval: Iterations between two checkpoints.
        save_best: Pairs of a metric, with its prefix, and 'less' or
            'greater', whichever is better; the first that is reported
            counts. Empty for no best checkpoint.
        max_keep_ckpts: Checkpoints to keep besides the best; -1 for all.
        save_optimizer: Whether checkpoints can be resumed from; the best one
            never holds an optimizer.
        save_last: Whether to save after the last iteration in any case.
        out_dir: Folder under which the work directory's name is made, if
            checkpoints shall lie elsewhere.

    Raises:
        ConfigError: If `save_best` has another form; before training, if
            validation reports none of its metrics.
    """

    def __init__(
        self,
        interval: int,
        save_best: Sequence[tuple[str, str]] = (),
        max_keep_ckpts: int = -1,
        save_optimizer: bool = True,
        save_last: bool = True,
        out_dir: str | None = None,
    ):
        super().__init__(
            interval=interval,
            by_epoch=False,
            save_optimizer=save_optimizer,
            save_last=save_last,
            max_keep_ckpts=max_keep_ckpts,
            out_dir=out_dir,
        )
        self._candidates = _checked(save_best)

    def before_train(self, runner) -> None:
        """Choose the metric, and go on from the best one before a resume."""
        if self._candidates and runner.val_loop is not None:
            self._choose(runner)
        super().before_train(runner)

    def _choose(self, runner) -> None:
        reported = reported_metrics(runner.val_loop)
        names = [name for name, _ in self._candidates]
        chosen = [pair for pair in self._candidates if pair[0] in reported]
        if not chosen:
            raise ConfigError(
                f'save_best must name a metric that validation reports, one '
                f'of {sorted(reported)}, got {names}: change '
                f'default_hooks.checkpoint.save_best or val_evaluator.'
            )
        name, rule = chosen[0]
        passed_over = names[: names.index(name)]
        self.save_best = [name]
        self.is_better_than = {}
        self._init_rule([rule], [name])
        message = (
            f'The best checkpoint is kept by {name} '
            f'({DIRECTIONS[rule]} is better)'
        )
        if passed_over:
            message += f'; validation reports no {", ".join(passed_over)}'
        runner.logger.info(f'{message}.')
        self._forget_other_metric(runner, name)

    def _forget_other_metric(self, runner, name):
        hub = runner.message_hub
        before = hub.runtime_info.get('best_metric')
        if 'best_score' in hub.runtime_info and before != name:
            hub.pop_info('best_score')
            kept = hub.pop_info('best_ckpt', None)
            runner.logger.warning(
                f'Before the resume the best checkpoint was kept by '
                f'{before or "another metric"}: the search for the best '
                f'starts anew, and {kept} stays.'
            )
        hub.update_info('best_metric', name)

    def after_val_epoch(self, runner, metrics: dict | None = None) -> None:
        """Save a checkpoint if it is the best one up to now."""
        if not self.save_best:
            return
        (name,) = self.key_indicators
        if name not in (metrics or {}):
            runner.logger.warning(
                f'Validation has not reported {name}: no best checkpoint is '
                f'looked for this time.'
            )
            return
        if not math.isfinite(metrics[name]) or spoilt(runner):
            runner.logger.warning(
                f'{name} is {metrics[name]}: this is not taken for the best '
                f'checkpoint.'
            )
            return
        # A plain number: NumPy's would go into the checkpoint as an object.
        self._save_best_checkpoint(runner, {name: float(metrics[name])})

    def _save_best_checkpoint(self, runner, metrics):
        previous, self.best_ckpt_path = self.best_ckpt_path, None
        super()._save_best_checkpoint(runner, metrics)
        if self.best_ckpt_path is None:  # not better
            self.best_ckpt_path = previous
        elif previous and previous != self.best_ckpt_path:
            self._remove(previous)


def _checked(save_best) -> list[tuple[str, str]]:
    pairs = [] if isinstance(save_best, str) else list(save_best)
    usable = all(
        isinstance(pair, list | tuple)
        and len(pair) == 2
        and isinstance(pair[0], str)
        and pair[1] in DIRECTIONS
        for pair in pairs
    )
    if isinstance(save_best, str) or not usable:
        raise ConfigError(
            f"save_best must be a list of pairs like ('val/PSNR', "
            f"'greater') or ('val/LPIPS', 'less'), got {save_best!r}."
        )
    return [tuple(pair) for pair in pairs]


def reported_metrics(val_loop) -> set[str]:
    """Names, with prefixes, of what a validation will report.

    Metrics of MMagic's kind say their name in `metric`; one that may be
    silent, such as `LPIPS`, has a method
    `reports`. Every process has to ask.
    """
    evaluators = getattr(val_loop, 'evaluators', None) or [val_loop.evaluator]
    names = set()
    for evaluator in evaluators:
        for metric in evaluator.metrics or ():
            if getattr(metric, 'reports', lambda: True)():
                name = getattr(metric, 'metric', None)
                name = name or type(metric).__name__
                names.add('/'.join(filter(None, [metric.prefix, name])))
    return names
