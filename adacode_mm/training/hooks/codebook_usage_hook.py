"""How much of each codebook is in use."""

import torch
from mmengine.dist import all_reduce
from mmengine.hooks import Hook
from torch import Tensor

from adacode_mm.core.exceptions import ConfigError, InputError
from adacode_mm.models.adacode.code_usage import code_usage
from adacode_mm.registry import HOOKS

from .kept_state import KeptState
from .unwrapped import unwrapped

# Share of unused codes from which on a codebook is warned of.
DEAD_SHARE = 0.9


@HOOKS.register_module()
class CodebookUsageHook(KeptState, Hook):
    """Log perplexity and the share of dead codes of each codebook.

    Code indices are counted over `interval` iterations and all processes;
    checkpoints hold the counts, and a resumed training goes on from them.
    Perplexity is exp(entropy) of their distribution: 1 if a single code is
    used, N if all N are used alike. A code is dead if it was not used once.
    The scalars `codebook{k}/perplexity` and `codebook{k}/dead_codes` (a share
    in [0, 1]) go to the message hub; MMEngine's `LoggerHook` then writes them
    to the log and to every visualization backend with the losses.

    A codebook that dies is warned of: one that uses less than a tenth of its
    codes, or whose perplexity is below 2, so that it tells next to nothing.

    The model must offer `generator.quantizers`, each with `num_embeddings`,
    and `last_indices`: the index maps (B, h, w) of its latest training step,
    one per codebook.

    Args:
        interval: Iterations between two reports; best a multiple of that of
            the `LoggerHook`, which repeats the latest report in between.

    Raises:
        ConfigError: If `interval` is not positive.
        InputError: Before training, if the model has no such attributes.
    """

    # Ahead of the LoggerHook, so that it logs the report of this iteration.
    priority = 'NORMAL'

    def __init__(self, interval: int = 1000):
        if interval < 1:
            raise ConfigError(
                f'CodebookUsageHook needs an interval of at least one '
                f'iteration, got {interval}.'
            )
        self.interval = interval
        self._counts: list[Tensor] = []

    def before_train(self, runner) -> None:
        """Prepare one histogram per codebook."""
        model = unwrapped(runner.model)
        generator = unwrapped(getattr(model, 'generator', None))
        quantizers = getattr(generator, 'quantizers', None)
        if not quantizers or not hasattr(model, 'last_indices'):
            raise InputError(
                f'CodebookUsageHook needs a model with last_indices and '
                f'generator.quantizers, as CodebookEditor has, got '
                f'{type(model).__name__}: remove the hook from custom_hooks '
                f'or train a codebook model.'
            )
        self._counts = [
            torch.zeros(q.num_embeddings, dtype=torch.int64)
            for q in quantizers
        ]
        kept = self.kept_state(runner)
        for counts, before in zip(self._counts, kept, strict=False):
            counts += torch.tensor(before)

    def state(self) -> list[list[int]]:
        """How often each code was chosen since the last report."""
        found = [counts.clone() for counts in self._counts]
        for counts in found:
            all_reduce(counts)
        return [counts.tolist() for counts in found]

    def after_train_iter(
        self, runner, batch_idx, data_batch=None, outputs=None
    ) -> None:
        """Count the codes of this iteration, and report if it is time."""
        self._count(unwrapped(runner.model).last_indices)
        if self.every_n_train_iters(runner, self.interval):
            self._report(runner.message_hub, runner.logger)

    def _count(self, index_maps):
        pairs = zip(self._counts, index_maps, strict=True)
        for k, (counts, indices) in enumerate(pairs):
            counts = counts.to(indices.device)
            # Not bincount, which makes the GPU wait for the host.
            flat = indices.detach().flatten()
            counts.scatter_add_(0, flat, torch.ones_like(flat))
            self._counts[k] = counts

    def _report(self, message_hub, logger):
        for k, counts in enumerate(self._counts):
            all_reduce(counts)
            usage = code_usage(counts)
            prefix = f'train/codebook{k}'
            message_hub.update_scalar(f'{prefix}/perplexity', usage.perplexity)
            message_hub.update_scalar(f'{prefix}/dead_codes', usage.dead)
            if counts.any() and _dies(usage, len(counts)):
                logger.warning(
                    f'Codebook {k} dies: of {len(counts)} codes {usage.used} '
                    f'were used in {self.interval} iterations, with a '
                    f'perplexity of {usage.perplexity:.1f}. Place its codes '
                    f'by k-means with CodebookWarmUpHook, move unused ones '
                    f'with ReviveCodesHook or, if it is frozen, fit its '
                    f'projection with FitPreQuantsHook.'
                )
            counts.zero_()


def _dies(usage, size):
    return usage.dead > DEAD_SHARE or usage.perplexity < min(2, size)
