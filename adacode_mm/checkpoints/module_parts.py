"""Parts of a model by their dotted names."""

from mmengine.model import is_model_wrapper
from torch import nn

from adacode_mm.core.exceptions import ConfigError


def find_part(module: nn.Module, name: str) -> nn.Module:
    """Child of `module` by its dotted name, through distributed wrappers.

    Raises:
        ConfigError: If there is none; the choices are named.
    """
    for step in name.split('.') if name else ():
        children = dict(module.named_children())
        if step not in children:
            raise ConfigError(
                f'There is no part {name!r} in the model: {step!r} must be '
                f'one of {sorted(children)}.'
            )
        module = children[step]
        if is_model_wrapper(module):
            module = module.module
    return module
