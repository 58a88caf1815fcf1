"""Makes `_base_ = 'adacode_mm::adacode/tiny/stage1_arch.py'` work."""

from pathlib import Path

from .mmagic.our_models import config_folder

_PREFIX = 'adacode_mm::'


def apply() -> None:
    """Have MMEngine find our configs; a second call does nothing.

    MMEngine knows a fixed list of packages, looks in an installed one only,
    and would have every class of such a config looked up in that package's
    scope first, where the visualizers and optimizers of MMagic are not.
    """
    from mmengine.config import Config

    of_others = Config._get_cfg_path
    if getattr(of_others, 'knows_adacode_mm', False):
        return

    def find(cfg_path, filename):
        if not cfg_path.startswith(_PREFIX):
            return of_others(cfg_path, filename)
        return str(_path_of(cfg_path.removeprefix(_PREFIX))), None

    find.knows_adacode_mm = True
    Config._get_cfg_path = staticmethod(find)


def _path_of(name) -> Path:
    from adacode_mm.core.exceptions import ConfigError

    folder = config_folder()
    path = folder / name
    if not path.is_file():
        with_suffix = path.with_name(f'{path.name}.py')
        advice = 'see the folder for what there is.'
        if with_suffix.is_file():
            advice = f'did you mean {name}.py?'
        raise ConfigError(
            f'{_PREFIX}{name} is not among the configs in {folder}: {advice}'
        )
    return path
