"""mmcv-lite has no compiled ops; MMagic and mmseg import them unasked."""

import logging

from .stand_in import Unusable, lacks, stand_in

logger = logging.getLogger(__name__)

MODULE = 'mmcv._ext'


def _resolve(name):
    return Unusable(
        f'The compiled op `{name}` needs the full mmcv, and mmcv-lite is '
        "installed: run `pip uninstall mmcv-lite`, `pip install 'setuptools"
        "<82' wheel` and `pip install --no-build-isolation mmcv==2.1.0`."
    )


def apply() -> None:
    """Let `mmcv.ops` be imported without its ops; only calling one fails."""
    if lacks(MODULE):
        stand_in(MODULE, _resolve)
        logger.info('mmcv-lite: compiled ops can be imported, not called')
