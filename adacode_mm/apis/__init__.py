"""What users call: training and testing by config."""

from .check_config import check_config
from .run_config import (
    build_runner,
    load_config,
    test_config,
    train_config,
)

__all__ = [
    'build_runner',
    'check_config',
    'load_config',
    'test_config',
    'train_config',
]
