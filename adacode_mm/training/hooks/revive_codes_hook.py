"""Codes that nothing chooses start anew where features are."""

from collections.abc import Sequence

import torch
from mmengine.dist import all_reduce, broadcast
from mmengine.hooks import Hook
from torch import Tensor

from adacode_mm.core.exceptions import ConfigError, InputError
from adacode_mm.registry import HOOKS

from .kept_state import KeptState
from .unwrapped import unwrapped


@HOOKS.register_module()
class ReviveCodesHook(KeptState, Hook):
    """Move unused codes onto features of the current batch.

    A code that is never the nearest gets no gradient and stays where it is:
    with few images and few steps most of a codebook is lost that way. After
    each of the given iterations, codes that were not chosen since the one
    before get the values of features that were drawn from the batch, at
    random and alike in all processes (Dhariwal et al., "Jukebox", 2020,
    section 3.1, restart codes whose usage falls below a threshold).

    Frozen codebooks are left alone.

    Args:
        iterations: After which of them, in order; the last one should leave
            enough steps for the codes to settle. What was chosen since the
            one before is in checkpoints, too.

    Raises:
        ConfigError: If `iterations` is empty or not increasing from 1.
        InputError: Before training, if the model has no
            `generator.quantizers`.
    """

    priority = 'NORMAL'

    def __init__(self, iterations: Sequence[int]):
        steps = list(iterations)
        if not steps or steps[0] < 1 or sorted(set(steps)) != steps:
            raise ConfigError(
                f'ReviveCodesHook needs increasing iterations from 1 on, got '
                f'{steps}: change the config.'
            )
        self.iterations = set(steps)
        self.last = steps[-1]
        self._books: list[_Book] = []

    def before_train(self, runner) -> None:
        """Watch what goes into each trained codebook."""
        generator = unwrapped(
            getattr(unwrapped(runner.model), 'generator', None)
        )
        quantizers = getattr(generator, 'quantizers', None)
        if not quantizers:
            raise InputError(
                'ReviveCodesHook needs a model with generator.quantizers, as '
                'CodebookEditor has: remove the hook from custom_hooks or '
                'train a codebook model.'
            )
        self._books = [
            _Book(q) for q in quantizers if q.embedding.weight.requires_grad
        ]
        kept = self.kept_state(runner)
        for book, before in zip(self._books, kept, strict=False):
            book.used += torch.tensor(before, device=book.used.device)

    def state(self) -> list[list[int]]:
        """In how many processes each code was chosen since the last time."""
        found = [book.used.clone() for book in self._books]
        for used in found:
            all_reduce(used)
        return [used.int().tolist() for used in found]

    def after_train_iter(
        self, runner, batch_idx, data_batch=None, outputs=None
    ) -> None:
        """Revive codes, if it is time."""
        step = runner.iter + 1
        if step in self.iterations:
            for book in self._books:
                book.revive()
        if step >= self.last:
            self.after_train(runner)

    def after_train(self, runner) -> None:
        """Look no longer."""
        for book in self._books:
            book.handle.remove()
        self._books = []


class _Book:
    """A quantizer, which of its codes were used, and its latest input."""

    def __init__(self, quantizer):
        self.codes = quantizer.embedding.weight
        self.used = torch.zeros(len(self.codes), device=self.codes.device)
        self.features: Tensor | None = None
        self.handle = quantizer.register_forward_hook(self._look)

    def _look(self, module, inputs, output):
        if module.training:
            self.features = inputs[0].detach()
            flat = output.indices.flatten()
            self.used.scatter_(0, flat, torch.ones_like(flat).float())

    @torch.no_grad()
    def revive(self):
        all_reduce(self.used)
        dead = (self.used == 0).nonzero().flatten()
        z = self.features
        z_nC = z.permute(0, 2, 3, 1).reshape(-1, z.shape[1])
        picked = torch.randint(len(z_nC), (len(dead),), device=z.device)
        new = z_nC[picked].to(self.codes.dtype).contiguous()
        broadcast(new)
        self.codes[dead] = new
        self.used.zero_()
