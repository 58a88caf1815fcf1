"""What users call: restoring images, training and testing by config."""

from typing import TYPE_CHECKING

from .core.lazy_names import lazy_names

if TYPE_CHECKING:
    from .restoring.inspection import Inspection
    from .restoring.restorer import Restorer
    from .training.check_config import check_config
    from .training.run_config import (
        build_runner,
        load_config,
        test_config,
        train_config,
    )

_PLACES = {
    'Inspection': 'restoring.inspection',
    'Restorer': 'restoring.restorer',
    'build_runner': 'training.run_config',
    'check_config': 'training.check_config',
    'load_config': 'training.run_config',
    'test_config': 'training.run_config',
    'train_config': 'training.run_config',
}
__all__ = [
    'Inspection',
    'Restorer',
    'build_runner',
    'check_config',
    'load_config',
    'test_config',
    'train_config',
]
__getattr__ = lazy_names(__name__, _PLACES)
