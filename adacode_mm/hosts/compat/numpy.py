"""numpy >= 2 has no `bool8`; MMagic names it when it is imported."""

import logging

import numpy as np

logger = logging.getLogger(__name__)


def apply() -> None:
    """Bring back `numpy.bool8` where it is gone."""
    # by version: `hasattr` raises a DeprecationWarning on numpy 1.24 - 1.26
    if int(np.__version__.split('.')[0]) < 2 or 'bool8' in vars(np):
        return
    np.bool8 = np.bool_
    logger.info('numpy %s: bool8 is bool_ again', np.__version__)
