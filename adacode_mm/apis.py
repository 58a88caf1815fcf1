"""What users call: restoring images, training and testing by config."""

from adacode_mm.restoring.inspection import Inspection
from adacode_mm.restoring.restorer import Restorer
from adacode_mm.training.check_config import check_config
from adacode_mm.training.run_config import (
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
