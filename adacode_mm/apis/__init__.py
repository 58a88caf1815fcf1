"""What users call: restoring images, training and testing by config."""

from .check_config import check_config
from .inspection import Inspection
from .restorer import Restorer
from .run_config import (
    build_runner,
    load_config,
    test_config,
    train_config,
)

__all__ = [
    'Inspection',
    'Restorer',
    'build_runner',
    'check_config',
    'load_config',
    'test_config',
    'train_config',
]
