"""Settings that would make a training wrong without an error."""

import math
from collections.abc import Iterator

from mmengine.config import Config

from adacode_mm.core.exceptions import ConfigError
from adacode_mm.registry import MODELS

from .check_config import unknown

COUNTS = 'accumulative_counts'
# Counts, by their usual names, and the least that makes sense.
_LEAST = {
    **dict.fromkeys((COUNTS, 'base_batch_size', 'batch_size'), 1),
    **dict.fromkeys(('disc_repeat', 'disc_steps', 'max_iters'), 1),
    **dict.fromkeys(('embedding_dim', 'num_embeddings', 'T_max'), 1),
    **dict.fromkeys(('prefetch_factor', 'val_interval', 'window_size'), 1),
    **dict.fromkeys(('disc_init_steps', 'num_workers', 'seed'), 0),
}
_NEEDED = ('train_cfg.max_iters', 'train_cfg.val_interval')
_FINITE = ('loss_weight', 'lr', 'max_norm', 'weight_decay')
_POSITIVE = ('max_norm', 'clip_value')


def check_training(cfg: Config) -> None:
    """See that the training can run, and be resumed exactly.

    Gradients that are still being accumulated are in no checkpoint, so
    checkpoints, which a validation with a new best result writes, too, must
    fall on iterations after which nothing is left to add to.

    Raises:
        ConfigError: If they do not, the config trains nothing, a number is
            out of its range, or an optimizer and the part of the model that
            it trains do not go together.
    """
    if cfg.get('train_cfg') is None:
        raise ConfigError(
            'The config must have a train_cfg to be trained, but it has none: '
            'it is for tools/test.py.'
        )
    for name in ('model', 'train_dataloader', 'optim_wrapper'):
        if cfg.get(name) is None:
            raise ConfigError(
                f'{name} must be a dict in a config that is trained, got None.'
            )
    _check_numbers(cfg)
    _check_optimizers(cfg)
    unit, largest = _accumulation(cfg)
    if largest == 1:
        return
    intervals = {
        'default_hooks.checkpoint.interval': cfg.default_hooks.checkpoint.get(
            'interval', -1
        ),
        'train_cfg.val_interval': cfg.train_cfg.get('val_interval', -1),
        'model.train_cfg.disc_init_steps': _disc(cfg, 'disc_init_steps', 0),
    }
    for name, interval in intervals.items():
        if interval > 0 and interval % unit:
            close = max(unit, round(interval / unit) * unit)
            raise ConfigError(
                f'With gradients accumulated over {largest} iterations, '
                f'{name} must be a multiple of {unit}, or a checkpoint could '
                f'not be resumed exactly, got {interval}: set it to {close}.'
            )


def _check_numbers(cfg):
    for place, name, value in _settings(cfg.to_dict(), ''):
        if value is None and place in _NEEDED:
            raise ConfigError(f'{place} must be a whole number, got None.')
        number = isinstance(value, int | float) and not isinstance(value, bool)
        least = _LEAST.get(name)
        if not number and (least is None or not isinstance(value, str)):
            continue
        if least is not None and not (number and value == value // 1 >= least):
            raise ConfigError(
                f'{place} must be a whole number from {least} on, got '
                f'{value!r}.'
            )
        if name in _FINITE and not math.isfinite(value):
            raise ConfigError(f'{place} must be finite, got {value!r}.')
        if name in _POSITIVE and not value > 0:
            raise ConfigError(f'{place} must be above 0, got {value!r}.')


def _settings(node, path) -> Iterator[tuple[str, str, object]]:
    """Place, name and value of everything in a config."""
    entries = isinstance(node, list | tuple)
    for name, value in enumerate(node) if entries else node.items():
        place = f'{path}.{name}' if path else f'{name}'
        if isinstance(value, dict | list | tuple):
            yield from _settings(value, place)
        else:
            yield place, name, value


def optimizer_wrappers(cfg: Config) -> dict[str, dict]:
    """Configs of the optimizer wrappers by their place in the config.

    One for each part of the model that is trained, or one for all of it:
    then `optim_wrapper` has an `optimizer` itself.
    """
    place, config = 'optim_wrapper', cfg.optim_wrapper
    if 'optimizer' in config:
        return {place: config}
    return {
        f'{place}.{name}': part
        for name, part in config.items()
        if isinstance(part, dict)
    }


def _check_optimizers(cfg):
    """See that each optimizer has a part to train, and each part one."""
    constructor = cfg.optim_wrapper.get('constructor', '')
    by_part = 'modules' not in cfg.optim_wrapper and constructor.endswith(
        ('TrainedPartsConstructor', 'MultiOptimWrapperConstructor')
    )
    if 'optimizer' in cfg.optim_wrapper:
        if by_part:
            raise ConfigError(
                f'optim_wrapper.constructor={constructor!r} makes one '
                f'optimizer for each part of the model, but '
                f'optim_wrapper.optimizer is one for all of it: remove the '
                f'constructor, or move the optimizer to '
                f'optim_wrapper.generator.'
            )
        return
    for name, part in list(cfg.optim_wrapper.items()):
        if part is None:
            if cfg.model.get(name):
                raise ConfigError(
                    f'optim_wrapper.{name} is None, but the model has a '
                    f'{name} to train: give it an optimizer, or set '
                    f'model.{name}=None, too.'
                )
            del cfg.optim_wrapper[name]
        elif not isinstance(part, dict):
            continue
        elif cfg.model.get(name, part) is None:
            raise ConfigError(
                f'optim_wrapper.{name} has nothing to train, since '
                f'model.{name} is None: set optim_wrapper.{name}=None.'
            )
        elif by_part and name not in cfg.model and 'modules' not in part:
            raise unknown('optim_wrapper', name, cfg.model, 'the model')
    _check_discriminator_passes(cfg)


def _check_discriminator_passes(cfg):
    """OptimWrapper counts backward passes, not iterations."""
    place = 'optim_wrapper.discriminator'
    counts = optimizer_wrappers(cfg).get(place, {}).get(COUNTS, 1)
    model = MODELS.get(cfg.model.type)
    if counts == 1 or not hasattr(model, 'd_step_with_optim'):
        return
    repeat = _disc(cfg, 'disc_repeat', 1)
    if repeat > 1:
        raise ConfigError(
            f'model.train_cfg.disc_repeat={repeat} uses one batch for several '
            f'steps of the discriminator, but {place}.{COUNTS}={counts} adds '
            f'up several batches for one: set one of them to 1.'
        )
    passes = getattr(model, 'discriminator_passes', 2)
    if math.gcd(passes, counts) > 1:
        raise ConfigError(
            f'{cfg.model.type} runs {passes} backward passes of its '
            f'discriminator in an iteration, each of which counts as a batch: '
            f'with {place}.{COUNTS}={counts} it would step after '
            f'{counts // math.gcd(passes, counts)} iterations. Take an odd '
            f'number, for example {counts + 1}.'
        )


def _accumulation(cfg) -> tuple[int, int]:
    """Iterations after which all optimizers have stepped; largest count."""
    counts = {part.get(COUNTS, 1) for part in optimizer_wrappers(cfg).values()}
    # The generator's gradients come every `disc_steps` iterations.
    return math.lcm(*counts) * _disc(cfg, 'disc_steps', 1), max(counts)


def _disc(cfg, name, default):
    return (cfg.model.get('train_cfg') or {}).get(name, default)
