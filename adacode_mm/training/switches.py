"""Switches of a training: how it is carried out, not what is trained.

Each of them only sets fields of the config, which the work directory keeps;
whoever writes configs may set the same fields there.
"""

import torch
from mmengine.config import Config
from mmengine.optim import OptimWrapperDict
from mmengine.runner import Runner
from mmengine.utils import digit_version

from adacode_mm.core.exceptions import ConfigError

from .check_training import optimizer_wrappers

AMP_DTYPES = {'bf16': 'bfloat16', 'fp16': 'float16'}
AUTOCAST = 'adacode_mm.AutocastOptimWrapper'
EMA_HOOK = 'ExponentialMovingAverageHook'


def set_switches(
    cfg: Config,
    amp: str | None = None,
    ema: float | None = None,
    accumulate: int | None = None,
    compile: bool = False,
    auto_scale_lr: bool = False,
) -> None:
    """Write switches into a config, and see that they fit together.

    Args:
        cfg: Config of a training, changed in place.
        amp: 'bf16' or 'fp16' for mixed precision, None for what the config
            says.
        ema: Keep an average of the generator's weights that moves by this
            share in each step.
        accumulate: Batches whose gradients make one step.
        compile: Compile the generator.
        auto_scale_lr: Multiply the learning rates by the images of a step
            over `auto_scale_lr.base_batch_size` of the config.

    Raises:
        ConfigError: If a switch cannot be set in this config.
    """
    if amp is not None:
        _set_amp(cfg, amp)
    if accumulate is not None:
        _set_accumulation(cfg, accumulate)
    if ema is not None:
        _set_ema(cfg, ema)
    if compile:
        _set_execution(cfg, compile=True)
    if auto_scale_lr:
        cfg.merge_from_dict({'auto_scale_lr.enable': True})
    _check(cfg)


def _set_amp(cfg, amp):
    if amp not in AMP_DTYPES:
        raise ConfigError(
            f'amp must be one of {tuple(AMP_DTYPES)}, got {amp!r}.'
        )
    for place, wrapper in optimizer_wrappers(cfg).items():
        found = wrapper.get('type', 'OptimWrapper')
        if found not in ('OptimWrapper', AUTOCAST):
            raise ConfigError(
                f'--amp replaces an OptimWrapper by a {AUTOCAST}, but '
                f'{place} is of type {found!r}: change it in the config.'
            )
        wrapper.update(type=AUTOCAST, dtype=AMP_DTYPES[amp])


def _set_accumulation(cfg, accumulate):
    if accumulate < 1:
        raise ConfigError(
            f'accumulate must be at least one batch, got {accumulate}.'
        )
    for wrapper in optimizer_wrappers(cfg).values():
        wrapper.accumulative_counts = accumulate


def _set_ema(cfg, momentum):
    if not 0 < momentum < 1:
        raise ConfigError(
            f'ema must lie between 0 and 1, for example 0.001, got {momentum}.'
        )
    _set_execution(cfg, ema=True)
    counts = [
        wrapper.get('accumulative_counts', 1)
        for wrapper in optimizer_wrappers(cfg).values()
    ]
    hook = {
        'type': EMA_HOOK,
        'module_keys': 'generator_ema',
        # Once a step; the generator's wrapper is the first one.
        'interval': counts[0] if counts else 1,
        'interp_cfg': {'momentum': momentum},
    }
    others = [h for h in cfg.get('custom_hooks') or () if not _is_ema(h)]
    cfg.custom_hooks = [*others, hook]


def _set_execution(cfg, **values):
    cfg.model.train_cfg = {**(cfg.model.get('train_cfg') or {}), **values}


def _check(cfg):
    execution = cfg.model.get('train_cfg') or {}
    hook = any(_is_ema(each) for each in cfg.get('custom_hooks') or ())
    ours = cfg.model.type.rpartition('.')[2] == 'CodebookEditor'
    given = {'ema', 'memory_format', 'compile'} & set(execution)
    if not ours and given:
        raise ConfigError(
            f'{cfg.model.type} has no {" and no ".join(sorted(given))} in its '
            f'train_cfg, which only CodebookEditor has: leave it out.'
        )
    # Models of MMagic average their weights in ways of their own.
    if ours and bool(execution.get('ema')) != hook:
        raise ConfigError(
            f'An average of the weights needs both model.train_cfg.ema=True '
            f'and an {EMA_HOOK} in custom_hooks, got only one of them: use '
            f'--ema, which sets both.'
        )
    if cfg.get('compile'):
        raise ConfigError(
            'compile compiles the whole training step, optimizers and logging '
            'included, and does not come to an end: use --compile or '
            'model.train_cfg.compile=True, which compile the generator.'
        )
    if execution.get('compile') and digit_version(
        torch.__version__
    ) < digit_version('2.6'):
        raise ConfigError(
            f'Compiled networks need PyTorch 2.6 or newer, got '
            f'{torch.__version__}: leave out --compile.'
        )


def _is_ema(hook):
    return hook.get('type') == EMA_HOOK


def scale_learning_rates(runner: Runner) -> None:
    """Scale learning rates as `auto_scale_lr` of the config says, if it does.

    Linearly with the images of a step: batch size times processes times
    accumulated batches (Goyal et al., "Accurate, large minibatch SGD", 2017).
    MMEngine's own scaling does not count the accumulated ones.

    Args:
        runner: With its optimizers and its training loop built, but not yet
            its schedulers.
    """
    wanted = runner.auto_scale_lr or {}
    if not wanted.get('enable'):
        return
    # Or MMEngine would scale once more.
    runner.auto_scale_lr = None
    base = wanted['base_batch_size']
    batch = runner.train_dataloader.batch_size * runner.world_size
    optim = runner.optim_wrapper
    several = isinstance(optim, OptimWrapperDict)
    for name, wrapper in optim.items() if several else [('model', optim)]:
        images = batch * wrapper._accumulative_counts
        for group in wrapper.param_groups:
            group['lr'] *= images / base
        runner.logger.info(
            f'Learning rate of the {name} scaled by {images / base:g}: '
            f'{images} images a step instead of {base}.'
        )
