"""Connects this package to MMagic and MMEngine when these are imported."""

import sys
from importlib import import_module

from .watched_imports import ImportWatcher

_WATCHER = ImportWatcher()


def install() -> None:
    """Watch for the hosts; a second call does nothing."""
    if _WATCHER in sys.meta_path:
        return
    sys.meta_path.insert(0, _WATCHER)
    for name in ('mmagic', 'mmseg'):
        _WATCHER.before(name, _adapt_packages)
    _WATCHER.after('mmagic.registry', _calling('hosts.mmagic.mirror'))
    for name in ('our_models', 'inferencer_task', 'inferencer_arguments'):
        _WATCHER.after(
            'mmagic.apis.mmagic_inferencer', _calling(f'hosts.mmagic.{name}')
        )
    _WATCHER.after('mmengine.config', _calling('hosts.compat.mmengine'))
    _WATCHER.after('mmengine.config', _calling('hosts.config_paths'))
    # MMEngine then reads and writes checkpoints as we do.
    for name in ('mmengine_loader', 'atomic_backend'):
        _WATCHER.after(
            'mmengine.runner.checkpoint',
            lambda name=name: import_module(f'adacode_mm.checkpoints.{name}'),
        )


def _adapt_packages():
    import_module('adacode_mm.hosts.compat').apply()


def _calling(module):
    return lambda: import_module(f'adacode_mm.{module}').apply()
