"""Settings that would make a training wrong without an error."""

import math

from mmengine.config import Config

from adacode_mm.core.exceptions import ConfigError


def check_training(cfg: Config) -> None:
    """See that every checkpoint can be resumed exactly.

    Gradients that are still being accumulated are in no checkpoint, so
    checkpoints, which a validation with a new best result writes, too, must
    fall on iterations after which nothing is left to add to.

    Raises:
        ConfigError: If they do not, or the config trains nothing.
    """
    if cfg.get('train_cfg') is None:
        raise ConfigError(
            'The config must have a train_cfg to be trained, but it has none: '
            'it is for tools/test.py.'
        )
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


def _accumulation(cfg) -> tuple[int, int]:
    """Iterations after which all optimizers have stepped; largest count."""
    wrappers = [
        part for part in cfg.optim_wrapper.values() if isinstance(part, dict)
    ]
    wrappers.append(cfg.optim_wrapper)
    counts = {part.get('accumulative_counts', 1) for part in wrappers}
    # The generator's gradients come every `disc_steps` iterations.
    return math.lcm(*counts) * _disc(cfg, 'disc_steps', 1), max(counts)


def _disc(cfg, name, default):
    return (cfg.model.get('train_cfg') or {}).get(name, default)
