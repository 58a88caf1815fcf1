"""The training loop and what runs beside it."""

from .hooks import (
    BestCheckpointHook,
    CodebookPictureHook,
    CodebookUsageHook,
    RestorationPictureHook,
    ResumableCheckpointHook,
)
from .loops import ResumableTrainLoop
from .optim import AutocastOptimWrapper, TrainedPartsConstructor
from .training_log_processor import TrainingLogProcessor
from .vis_backends import TensorBoardBackend

__all__ = [
    'AutocastOptimWrapper',
    'BestCheckpointHook',
    'CodebookPictureHook',
    'CodebookUsageHook',
    'RestorationPictureHook',
    'ResumableCheckpointHook',
    'ResumableTrainLoop',
    'TensorBoardBackend',
    'TrainedPartsConstructor',
    'TrainingLogProcessor',
]
