"""A second generator whose weights are a moving average of the first's.

MMagic's `ExponentialMovingAverageHook` does the averaging; this keeps the two
networks consistent wherever else weights come from.
"""

import copy
import re

from mmengine.logging import MMLogger
from mmengine.model import is_model_wrapper
from torch import nn

_AVERAGE = 'generator_ema.'


class AveragedGenerator(nn.Module):
    """Mixin for a model with a child `generator`.

    Attributes:
        generator_ema: The average, None without one. It predicts; `generator`
            is trained.
    """

    generator_ema: nn.Module | None

    def add_average(self):
        """Give the model the second generator, equal to the first.

        Its parameters stay trainable, though nobody trains them: MMEngine
        wraps only such children for distributed training, and the hook needs
        both generators to be wrapped, or neither.
        """
        self.generator_ema = copy.deepcopy(self.generator)

    def predictor(self) -> nn.Module:
        """The generator that predicts, outside of distributed wrappers."""
        average = self.generator_ema
        return _bare(self.generator if average is None else average)

    def init_weights(self):
        """Initialise; the average starts where the generator does."""
        super().init_weights()
        if self.generator_ema is not None:
            state = _bare(self.generator).state_dict()
            _bare(self.generator_ema).load_state_dict(state)

    # MMEngine's loader and PyTorch's both call this before the children's.
    def _load_from_state_dict(self, state_dict, prefix, *args):
        average = prefix + _AVERAGE
        held = [key for key in state_dict if key.startswith(average)]
        log = MMLogger.get_current_instance()
        if self.generator_ema is None and held:
            for key in held:
                del state_dict[key]
            log.warning(
                'The checkpoint has an average of the weights, generator_ema, '
                'which the model has not: the plain weights are used.'
            )
        elif self.generator_ema is not None and not held:
            own = re.compile(rf'{re.escape(prefix)}generator\.(module\.)?')
            for key in list(state_dict):
                if own.match(key):
                    state_dict[own.sub(average, key)] = state_dict[key]
            log.info(
                'The checkpoint has no average of the weights: generator_ema '
                'starts from its generator.'
            )
        super()._load_from_state_dict(state_dict, prefix, *args)


def _bare(network):
    return network.module if is_model_wrapper(network) else network
