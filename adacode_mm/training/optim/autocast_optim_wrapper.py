"""Mixed precision on GPUs and on the CPU.

Micikevicius et al., "Mixed precision training", ICLR 2018.
"""

from contextlib import contextmanager

import torch
from mmengine.optim import OptimWrapper
from torch import Tensor, nn

from adacode_mm.core.exceptions import ConfigError
from adacode_mm.registry import OPTIM_WRAPPERS

DTYPES = {'bfloat16': torch.bfloat16, 'float16': torch.float16}


@OPTIM_WRAPPERS.register_module()
class AutocastOptimWrapper(OptimWrapper):
    """`OptimWrapper` whose forward passes run under `torch.autocast`.

    Weights and optimizer state stay in float32. MMEngine's `AmpOptimWrapper`
    refuses to work on the CPU; this one does the same everywhere. In float16
    losses are scaled, and a step whose gradients overflow is left out; the
    scale is saved with the optimizer's state.

    Args:
        dtype: 'bfloat16', or 'float16' with scaled losses.
        init_scale: Scale of the first losses in float16.
        growth_interval: Steps without overflow after which it is doubled.
        **kwargs: As for `OptimWrapper`: `optimizer`, `accumulative_counts`,
            `clip_grad`.

    Raises:
        ConfigError: If there is no such dtype.
    """

    def __init__(
        self,
        dtype: str = 'bfloat16',
        init_scale: float = 2.0**16,
        growth_interval: int = 2000,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if dtype not in DTYPES:
            raise ConfigError(
                f'dtype of AutocastOptimWrapper must be one of '
                f'{tuple(DTYPES)}, got {dtype!r}.'
            )
        self.dtype = DTYPES[dtype]
        first = self.optimizer.param_groups[0]['params'][0]
        self.loss_scaler = torch.amp.GradScaler(
            first.device.type,
            init_scale=init_scale,
            growth_interval=growth_interval,
            enabled=self.dtype is torch.float16,
        )

    @contextmanager
    def optim_context(self, model: nn.Module):
        """Context of a forward pass of `model`."""
        device = next(model.parameters()).device.type
        with (
            super().optim_context(model),
            torch.autocast(device, dtype=self.dtype),
        ):
            yield

    def backward(self, loss: Tensor, **kwargs) -> None:
        """Backward pass of the scaled loss."""
        self.loss_scaler.scale(loss).backward(**kwargs)
        self._inner_count += 1

    def step(self, **kwargs) -> None:
        """Update the parameters, unless a gradient has overflown."""
        if self.clip_grad_kwargs:
            self.loss_scaler.unscale_(self.optimizer)
            self._clip_grad()
        self.loss_scaler.step(self.optimizer, **kwargs)
        self.loss_scaler.update()

    def state_dict(self) -> dict:
        """State of the optimizer and of the scale of the losses."""
        return {
            **super().state_dict(),
            'loss_scaler': self.loss_scaler.state_dict(),
        }

    def load_state_dict(self, state_dict: dict) -> None:
        """Restore what `state_dict` or that of `OptimWrapper` gave."""
        state_dict = dict(state_dict)
        scaler = state_dict.pop('loss_scaler', None)
        # Empty where nothing was scaled.
        if scaler and self.loss_scaler.is_enabled():
            self.loss_scaler.load_state_dict(scaler)
        super().load_state_dict(state_dict)
