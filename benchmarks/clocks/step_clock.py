"""Where the time of a training step goes."""

import time
from collections import defaultdict

import torch
from torch import nn


class StepClock:
    """Times the parts of the editor's step from outside of it.

    The networks and losses are timed by hooks, the optimizers by their
    methods; GPUs are waited for at each of them, so the parts of a step may
    take a little longer than a step that is not looked into.

    Args:
        model: A `CodebookEditor` on its device.
        optimizers: Its optimizer wrappers.

    Attributes:
        seconds: Part -> seconds since the last `start`.
    """

    def __init__(self, model: nn.Module, optimizers: dict):
        self.device = next(model.parameters()).device
        self.seconds: dict[str, float] = defaultdict(float)
        self._begun = {}
        self._handles = []
        self._time_module('generator forward', model.generator)
        self._time_module('prior', model.hq_prior)
        self._time_module('discriminator', model.discriminator)
        self._time_module('perceptual loss', model.perceptual_loss)
        for loss in model.code_losses.values():
            self._time_module('code losses', loss)
        for name, wrapper in optimizers.items():
            # The whole cost of training the discriminator is one part.
            own = name == 'discriminator'
            backward = 'discriminator' if own else 'backward'
            step = 'discriminator' if own else 'optimizer'
            self._time_method(backward, wrapper, 'backward')
            self._time_method(step, wrapper, 'step')

    def start(self):
        """Begin a new step."""
        self.seconds = defaultdict(float)

    def stop(self):
        """Take the hooks out."""
        for handle in self._handles:
            handle.remove()

    def now(self) -> float:
        """Seconds, once the device has finished what it was given."""
        if self.device.type == 'cuda':
            torch.cuda.synchronize(self.device)
        return time.perf_counter()

    def _time_module(self, part, module):
        if module is None:
            return

        def begin(module, args):
            self._begun[part] = self.now()

        def end(module, args, output):
            self.seconds[part] += self.now() - self._begun[part]

        self._handles.append(module.register_forward_pre_hook(begin))
        self._handles.append(module.register_forward_hook(end))

    def _time_method(self, part, owner, name):
        method = getattr(owner, name)

        def timed(*args, **kwargs):
            begun = self.now()
            result = method(*args, **kwargs)
            self.seconds[part] += self.now() - begun
            return result

        setattr(owner, name, timed)
