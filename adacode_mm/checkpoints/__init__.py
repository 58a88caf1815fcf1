"""Read released and own checkpoints safely, convert them, load strictly."""

from adacode_mm.checkpoints.released import (
    build_from_released,
    convert_released,
)
from adacode_mm.models.adacode.infer_config import infer_config

from . import atomic_backend, mmengine_loader  # register with MMEngine
from .model_file import open_model, save_model
from .model_info import ModelInfo
from .pretrained import PRETRAINED, find_model_file
from .pretrained_parts import PretrainedParts
from .safe_load import load_file
from .state_dicts import find_state_dict, take_part
from .strict import check_keys, load_strictly

__all__ = [
    'PRETRAINED',
    'ModelInfo',
    'PretrainedParts',
    'atomic_backend',
    'build_from_released',
    'check_keys',
    'convert_released',
    'find_model_file',
    'find_state_dict',
    'infer_config',
    'load_file',
    'load_strictly',
    'mmengine_loader',
    'open_model',
    'save_model',
    'take_part',
]
