"""Codes start where features are, after a while without codes."""

import cv2
import torch
from mmengine.dist import all_gather, broadcast
from mmengine.hooks import Hook
from torch import Tensor, nn

from adacode_mm.core.exceptions import ConfigError, InputError
from adacode_mm.registry import HOOKS

from .unwrapped import unwrapped

# Features a code, of which k-means places it.
_PER_CODE = 64
_ROUNDS, _TOLERANCE = 30, 1e-4


@HOOKS.register_module()
class CodebookWarmUpHook(Hook):
    """Train without codes first, then place them by k-means.

    For the first `iterations` the quantizers let features through, so that
    the encoder learns what is worth coding. Then each codebook that is
    trained becomes the k-means centres of the latest features in front of it
    (Lancucki et al., "Robust training of vector quantized bottleneck models",
    IJCNN 2020, section III): from the first step on, all of its codes are
    used. Frozen codebooks are bypassed likewise, but keep their codes.

    A resumed training is where it was. One that was stopped before
    `iterations` gathers its features anew.

    Args:
        iterations: Length of the warm-up; `max_iters` for an autoencoder
            without codes.
        seed: Of k-means.

    Raises:
        ConfigError: If `iterations` is not positive.
        InputError: Before training, if the model has no
            `generator.quantizers`; or if they saw too few features.
    """

    priority = 'NORMAL'

    def __init__(self, iterations: int, seed: int = 0):
        if iterations < 1:
            raise ConfigError(
                f'CodebookWarmUpHook needs at least one iteration, got '
                f'{iterations}.'
            )
        self.iterations = iterations
        self.seed = seed
        self._watched: list[_Watched] = []

    def before_train(self, runner) -> None:
        """Bypass the quantizers, unless the warm-up is over."""
        generator = unwrapped(
            getattr(unwrapped(runner.model), 'generator', None)
        )
        quantizers = getattr(generator, 'quantizers', None)
        if not quantizers:
            raise InputError(
                'CodebookWarmUpHook needs a model with generator.quantizers, '
                'as CodebookEditor has: remove the hook from custom_hooks or '
                'train a codebook model.'
            )
        if runner.iter < self.iterations:
            self._watched = [_Watched(q) for q in quantizers]

    def after_train_iter(
        self, runner, batch_idx, data_batch=None, outputs=None
    ) -> None:
        """Place the codes when the warm-up is over."""
        if runner.iter + 1 != self.iterations:
            return
        for watched in self._watched:
            watched.finish(self.seed)
        self._watched = []
        runner.logger.info(
            f'The codes were placed by k-means after {self.iterations} '
            f'iterations without them.'
        )


class _Watched:
    """A bypassed quantizer and the latest features in front of it."""

    def __init__(self, quantizer: nn.Module):
        self.quantizer = quantizer
        self.wanted = _PER_CODE * quantizer.num_embeddings
        self.latest: list[Tensor] = []
        quantizer.bypass = True
        self.handle = quantizer.register_forward_hook(self._look)

    def _look(self, module, inputs, output):
        if not module.training:
            return
        z = inputs[0].detach()
        self.latest.append(z.permute(0, 2, 3, 1).reshape(-1, z.shape[1]))
        while sum(map(len, self.latest[1:])) >= self.wanted:
            self.latest.pop(0)

    def finish(self, seed: int):
        self.handle.remove()
        self.quantizer.bypass = False
        codes = self.quantizer.embedding.weight
        if not codes.requires_grad:
            return
        features = torch.cat(all_gather(torch.cat(self.latest).float()))
        if len(features) < len(codes):
            raise InputError(
                f'k-means needs at least as many features as codes, '
                f'{len(codes)}, got {len(features)}: let the warm-up of '
                f'CodebookWarmUpHook last longer.'
            )
        centres = kmeans(features.cpu(), len(codes), seed).to(codes)
        broadcast(centres)
        with torch.no_grad():
            codes.copy_(centres)


def kmeans(features: Tensor, count: int, seed: int = 0) -> Tensor:
    """Centres (count, C) of features (N, C)."""
    cv2.setRNGSeed(seed)
    until = (
        cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_MAX_ITER,
        _ROUNDS,
        _TOLERANCE,
    )
    _, _, centres = cv2.kmeans(
        features.numpy(), count, None, until, 1, cv2.KMEANS_PP_CENTERS
    )
    return torch.from_numpy(centres)
