"""Optimizer wrappers: mixed precision, and parts that are not trained."""

from .autocast_optim_wrapper import AutocastOptimWrapper
from .trained_parts_constructor import TrainedPartsConstructor

__all__ = ['AutocastOptimWrapper', 'TrainedPartsConstructor']
