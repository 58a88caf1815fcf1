"""Parts that a stage uses but does not train."""

from torch import nn


def freeze(module: nn.Module) -> nn.Module:
    """Take `module` out of training: no gradients, evaluation mode.

    Frozen before an optimizer is built, a part has neither gradient buffers
    nor optimizer state. A part must be frozen where the model is built, not
    later: distributed wrappers look at `requires_grad` once.
    """
    module.requires_grad_(False)
    return module.eval()
