"""Train and test a config through MMEngine's runner."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import mmengine
import torch
from mmengine.config import Config
from mmengine.dist import barrier
from mmengine.hooks import Hook
from mmengine.runner import Runner

from adacode_mm.checkpoints.find_checkpoint import find_checkpoint
from adacode_mm.core.exceptions import (
    CheckpointError,
    ConfigError,
    OutputError,
)

from .check_config import check_config
from .check_training import check_training
from .config_options import merge_options
from .config_sections import check_sections
from .hooks.finite_loss_hook import FiniteLossHook
from .host_memory import keep_freed_memory
from .processes import prepare_processes
from .resume_point import earlier_checkpoint, set_resume_point
from .run_errors import building, running, watch_log_files
from .switches import scale_learning_rates, set_switches


def train_config(
    config: str | Config,
    work_dir: str | None = None,
    resume: bool = False,
    cfg_options: dict | None = None,
    launcher: str = 'none',
    **switches,
) -> Runner:
    """Train what a config describes.

    Args:
        config: Path of a config, or a config.
        work_dir: Folder for logs and checkpoints; `work_dirs/<name of the
            config>` by default.
        resume: Go on from the last checkpoint in the work directory, bit by
            bit as without the interruption.
        cfg_options: Changes to the config, dotted key -> value.
        launcher: How the processes were started: 'none' (there is but one),
            'pytorch' (torchrun) or 'slurm' (srun).
        **switches: Mixed precision and the like, see `switches.set_switches`.

    Returns:
        The runner, trained.

    Raises:
        InputError: If the config or a checkpoint cannot be used, before the
            first step; later, if an image cannot be read, nothing can be
            written, or the losses are not finite any more.
    """
    cfg = _read_config(config, work_dir, cfg_options, launcher)
    set_switches(cfg, **switches)
    # Now: `--amp` brings settings of its own.
    check_config(cfg)
    check_training(cfg)
    if resume:
        set_resume_point(cfg)
    earlier = earlier_checkpoint(cfg)
    if not torch.cuda.is_available():
        keep_freed_memory()
    runner = build_runner(cfg)
    if earlier:
        runner.logger.warning(earlier)
    with building():
        # `train` would build these, too, but not tell whose fault it is.
        _ = runner.train_loop, runner.val_loop
        runner.optim_wrapper = runner.build_optim_wrapper(runner.optim_wrapper)
    scale_learning_rates(runner)
    if runner.param_schedulers is not None:
        with building():
            runner.param_schedulers = runner.build_param_scheduler(
                runner.param_schedulers
            )
    if not any(isinstance(each, FiniteLossHook) for each in runner.hooks):
        runner.register_hook(FiniteLossHook())
    with running(cfg.work_dir):
        runner.train()
    _wait_for_all()
    return runner


def test_config(
    config: str | Config,
    checkpoint: str | None = None,
    work_dir: str | None = None,
    out: str | None = None,
    cfg_options: dict | None = None,
    launcher: str = 'none',
) -> dict[str, float]:
    """Evaluate a checkpoint with the metrics that its config names.

    Args:
        config: As for `train_config`, like the rest.
        checkpoint: Path of a checkpoint, or of a work directory, which
            stands for its best one; None where the model of the config names
            its own, as `ComparedEditors` does.
        work_dir: Folder for logs.
        out: File for the metrics, .json, .yaml or .pkl.
        cfg_options: Changes to the config.
        launcher: As for `train_config`.

    Returns:
        Metric -> value.

    Raises:
        InputError: If the config or the checkpoint cannot be used.
    """
    if checkpoint is not None:
        checkpoint = find_checkpoint(checkpoint)
    cfg = load_config(config, work_dir, cfg_options, launcher)
    if (checkpoint is None) != ('checkpoints' in cfg.model):
        raise CheckpointError(
            'A test needs one checkpoint, and none where the model of the '
            f'config names its own as `checkpoints`; this {cfg.model.type} '
            f'got {checkpoint!r}.'
        )
    cfg.load_from = checkpoint
    runner = build_runner(cfg)
    with building():
        _ = runner.test_loop
    kept = _KeepMetrics()
    runner.register_hook(kept)
    with running(cfg.work_dir):
        runner.test()
    _wait_for_all()
    metrics = {name: float(value) for name, value in kept.metrics.items()}
    if out:
        mmengine.dump(metrics, out)
    return metrics


class _KeepMetrics(Hook):
    """MMagic's test loop gives its metrics to hooks alone."""

    metrics: dict = {}

    def after_test_epoch(self, runner, metrics=None):
        self.metrics = metrics


# Not a test, whatever its name suggests to pytest.
test_config.__test__ = False


def load_config(
    config: str | Config,
    work_dir: str | None = None,
    cfg_options: dict | None = None,
    launcher: str = 'none',
) -> Config:
    """Config with what was given on the command line, checked.

    Raises:
        ConfigError: If there is no such file, or an argument that its class
            does not take.
    """
    cfg = _read_config(config, work_dir, cfg_options, launcher)
    check_config(cfg)
    return cfg


def _read_config(config, work_dir, cfg_options, launcher):
    if not isinstance(config, Config):
        if not os.path.isfile(config):
            raise ConfigError(
                f'There must be a config file at {os.fspath(config)!r}, but '
                f'there is none.'
            )
        config = Config.fromfile(config)
    cfg = config.copy()
    cfg.launcher = launcher
    merge_options(cfg, cfg_options or {})
    check_sections(cfg)  # before the switches read them
    name = Path(cfg.filename).stem if cfg.filename else 'run'
    cfg.work_dir = work_dir or cfg.get('work_dir') or f'work_dirs/{name}'
    return cfg


def build_runner(cfg: Config) -> Runner:
    """Runner of a config, on GPUs or, without any, on the CPU.

    Raises:
        ConfigError: If the parts cannot be built from their arguments.
        OutputError: If the work directory cannot be written.
    """
    _check_work_dir(cfg.work_dir)
    prepare_processes(cfg)
    with building(), _second_of_its_own():
        runner = Runner.from_cfg(cfg)
    watch_log_files(runner.logger, cfg.work_dir)
    return runner


_seconds: list[str] = []


@contextmanager
def _second_of_its_own() -> Iterator[None]:
    """Keep two runs of a process apart.

    MMEngine finds logs, scalars and pictures of a run by the second in which
    it was built: another one in that second would go on with those.
    """
    while _seconds and _this_second() <= _seconds[-1]:
        time.sleep(0.05)
    try:
        yield
    finally:
        _seconds.append(_this_second())


def _this_second():
    return time.strftime('%Y%m%d_%H%M%S')


def _check_work_dir(work_dir):
    there = Path(work_dir).absolute()
    while not there.exists():
        there = there.parent
    if not there.is_dir() or not os.access(there, os.W_OK):
        raise OutputError(
            f'The work directory must be a folder that can be written, but '
            f'{os.fspath(there)!r} is none: give another one with --work-dir.'
        )


def _wait_for_all():
    """Let no process end while others are still at work."""
    barrier()
