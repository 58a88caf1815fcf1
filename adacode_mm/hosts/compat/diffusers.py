"""diffusers >= 0.29 moved or dropped modules that MMagic imports."""

import importlib
import logging
import warnings

from .stand_in import Unusable, lacks, stand_in

logger = logging.getLogger(__name__)

MOVED = {
    'diffusers.models.unet_2d_condition': (
        'diffusers.models.unets.unet_2d_condition'
    ),
}
DROPPED = {
    'diffusers.pipelines.paint_by_example': ('PaintByExampleImageEncoder',),
}
# what diffusers 0.28 says of the old places that MMagic imports from
OLD_PLACES = (
    r'.*Importing `\w+` from `diffusers\.models\.(transformer_2d|'
    r'dual_transformer_2d|unet_2d_condition)` is deprecated'
)


def _moved(new):
    return lambda name: getattr(importlib.import_module(new), name)


def _dropped(old, names):
    def resolve(name):
        if name not in names:
            raise AttributeError(name)
        return Unusable(
            f'{old}.{name} is not part of the installed diffusers; what '
            "needs it in MMagic works with `pip install 'diffusers<0.29'`."
        )

    return resolve


def apply() -> None:
    """Offer the moved modules, and name the dropped ones, where needed."""
    warnings.filterwarnings('ignore', OLD_PLACES, FutureWarning)
    for old, new in MOVED.items():
        if lacks(old) and not lacks(new):
            stand_in(old, _moved(new))
            logger.info('diffusers: %s leads to %s', old, new)
    for old, names in DROPPED.items():
        if lacks(old):
            stand_in(old, _dropped(old, names))
            logger.info('diffusers: %s can be imported, not used', old)
