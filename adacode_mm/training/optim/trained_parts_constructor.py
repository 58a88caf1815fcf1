"""One optimizer per child of the model, for what of it is trained."""

from mmagic.engine.optimizers import MultiOptimWrapperConstructor
from mmengine.optim import OptimWrapperDict
from torch import nn

from adacode_mm.registry import OPTIM_WRAPPER_CONSTRUCTORS


@OPTIM_WRAPPER_CONSTRUCTORS.register_module()
class TrainedPartsConstructor(MultiOptimWrapperConstructor):
    """MMagic's constructor without the parameters that are frozen.

    An optimizer that is given a frozen parameter keeps no state for it, but
    goes past it in each step, and so does the clipping of gradients. With
    clipping on, each optimizer logs its own norm of the gradients:
    `generator_grad_norm`, `discriminator_grad_norm`.
    """

    def __call__(self, module: nn.Module) -> OptimWrapperDict:
        """Build the wrappers of a model, frozen before."""
        wrappers = super().__call__(module)
        for name, wrapper in wrappers.items():
            groups = wrapper.optimizer.param_groups
            for group in groups:
                group['params'] = [
                    p for p in group['params'] if p.requires_grad
                ]
            # Groups of single parameters, as `paramwise_cfg` makes them.
            groups[:] = [group for group in groups if group['params']]
            if wrapper.clip_grad_kwargs:
                wrapper.grad_name = f'{name}_{wrapper.grad_name}'
        return wrappers
