"""mmengine 0.10.7 finds packages with pkg_resources, which setuptools drops.

Every `_base_ = 'mmagic::...'` asks for it. setuptools < 82 still has it, with
a warning; without it the three functions that use it are replaced by ones
that read the installed packages' metadata with the standard library.
"""

import logging
import sys
import warnings
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

logger = logging.getLogger(__name__)


def is_installed(package: str) -> bool:
    """Whether a distribution, or a module of that name, is installed."""
    try:
        metadata.distribution(package)
    except metadata.PackageNotFoundError:
        spec = find_spec(package)
        return spec is not None and spec.origin is not None
    return True


def package2module(package: str) -> str:
    """First top-level module of a distribution.

    Raises:
        PackageNotFoundError: No such distribution is installed.
        ValueError: It does not say which modules it has.
    """
    listed = metadata.distribution(package).read_text('top_level.txt')
    if not listed:
        raise ValueError(f'can not infer the module name of {package}')
    return listed.split('\n')[0]


def get_installed_path(package: str) -> str:
    """Folder of the module that a distribution, or a module's name, is.

    Raises:
        PackageNotFoundError: Neither is installed.
        RuntimeError: It is a namespace package, which has no one folder.
    """
    spec = find_spec(package) if package.isidentifier() else None
    if spec is None:
        spec = find_spec(package2module(package))
    if spec is None or spec.origin is None:
        raise RuntimeError(
            f'{package} is a namespace package, which is invalid '
            'for `get_install_path`'
        )
    return str(Path(spec.origin).parent)


REPLACEMENTS = (is_installed, package2module, get_installed_path)


def _replace_everywhere() -> None:
    """Replace the functions in all of mmengine's modules loaded by now."""
    originals = vars(sys.modules['mmengine.utils.package_utils'])
    for new in REPLACEMENTS:
        old = originals[new.__name__]
        for name, module in list(sys.modules.items()):
            if name.partition('.')[0] != 'mmengine' or module is None:
                continue
            if vars(module).get(new.__name__) is old:
                setattr(module, new.__name__, new)


def apply() -> None:
    """Replace what needs pkg_resources where it is gone; else quieten it."""
    if find_spec('pkg_resources') is not None:
        warnings.filterwarnings(
            'ignore', 'pkg_resources is deprecated', UserWarning
        )
        return
    import mmengine.config  # noqa: F401  (imports the functions by name)
    from mmengine.utils import package_utils

    if package_utils.is_installed is not is_installed:
        _replace_everywhere()
        logger.info('mmengine: finds packages without pkg_resources')
