"""The training loop and what runs beside it."""

from adacode_mm.training.hooks.best_checkpoint_hook import BestCheckpointHook
from adacode_mm.training.hooks.codebook_picture_hook import CodebookPictureHook
from adacode_mm.training.hooks.codebook_usage_hook import CodebookUsageHook
from adacode_mm.training.hooks.restoration_picture_hook import (
    RestorationPictureHook,
)
from adacode_mm.training.hooks.resumable_checkpoint_hook import (
    ResumableCheckpointHook,
)
from adacode_mm.training.optim.autocast_optim_wrapper import (
    AutocastOptimWrapper,
)
from adacode_mm.training.optim.trained_parts_constructor import (
    TrainedPartsConstructor,
)

from .resumable_train_loop import ResumableTrainLoop
from .tensorboard_backend import TensorBoardBackend
from .training_log_processor import TrainingLogProcessor

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
