"""A model without its wrappers."""

from mmengine.model import is_model_wrapper
from torch import nn


def unwrapped(module: nn.Module) -> nn.Module:
    """The module inside distributed wrappers.

    MMEngine's `MMSeparateDistributedDataParallel` wraps the whole model and
    each of its trained children, so this is needed on both levels.
    """
    while is_model_wrapper(module):
        module = module.module
    return module
