"""Projections start where the codes of a frozen codebook are."""

import torch
import torch.nn.functional as F
from mmengine.dist import all_reduce
from mmengine.hooks import Hook

from adacode_mm.core.exceptions import InputError
from adacode_mm.registry import HOOKS

from .unwrapped import unwrapped


@HOOKS.register_module()
class FitPreQuantsHook(Hook):
    """Scale the projections in front of frozen codebooks to their codes.

    A new encoder gives features of small variance, all of which are nearest
    to the same few codes of a codebook that was learned elsewhere; where the
    weight map can tell the images apart, the codes may then never be used.
    In the first training step, before the projections are applied, each is
    scaled and shifted so that its output on this batch has, in each channel,
    the mean and the standard deviation of the codes (as Salimans and Kingma,
    "Weight normalization", 2016, section 3, initialise layers by a batch).

    A training that goes on is left as it is; so are codebooks that are
    trained, which come to the features by themselves.

    Raises:
        InputError: Before training, if the model has no
            `generator.pre_quants` and `generator.quantizers`.
    """

    priority = 'NORMAL'

    def before_train(self, runner) -> None:
        """Wait for the first features."""
        generator = unwrapped(
            getattr(unwrapped(runner.model), 'generator', None)
        )
        pre_quants = getattr(generator, 'pre_quants', None)
        quantizers = getattr(generator, 'quantizers', None)
        if not pre_quants or not quantizers:
            raise InputError(
                'FitPreQuantsHook needs a model with generator.pre_quants and '
                'generator.quantizers, as CodebookEditor has: remove the hook '
                'from custom_hooks or train a codebook model.'
            )
        if runner.iter > 0:
            return
        for conv, quantizer in zip(pre_quants, quantizers, strict=True):
            if not quantizer.embedding.weight.requires_grad:
                _FitOnce(conv, quantizer.embedding.weight)


class _FitOnce:
    """Fits a 1x1 convolution to codes (N, C) at its next training pass."""

    def __init__(self, conv, codes):
        self.codes = codes
        self.handle = conv.register_forward_pre_hook(self._fit)

    @torch.no_grad()
    def _fit(self, conv, inputs):
        if not conv.training:
            return
        self.handle.remove()
        features = self._apply(conv, inputs[0])
        mean = features.mean((0, 2, 3))
        square = features.square().mean((0, 2, 3))
        for moment in (mean, square):
            all_reduce(moment, 'mean')
        deviation = (square - mean.square()).clamp_min(0).sqrt() + 1e-6
        wanted, target = self.codes.float().std(0), self.codes.float().mean(0)
        factor = wanted / deviation
        conv.weight.mul_(factor[:, None, None, None])
        conv.bias.sub_(mean).mul_(factor).add_(target)

    @staticmethod
    def _apply(conv, features):
        # Autocast would keep the rounded weights for the step itself.
        with torch.autocast(features.device.type, enabled=False):
            return F.conv2d(features.float(), conv.weight, conv.bias)
