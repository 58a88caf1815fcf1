"""How far a network in training trusts each image, and what judges it."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from adacode_mm.core.exceptions import ConfigError

_SHARES = {'faithful': 0.4, 'codes': 0.1, 'judged_below': 0.75, 'judged': None}


class FidelityRules:
    """Draws a fidelity for each image of a training batch.

    A share `faithful` of the images gets 1 and a share `codes` 0; that of
    the others is uniform between them. Where samples say whether they are
    `clean`, clean images are the first that get 1, so that the faithful end
    need not guess at damages. Perceptual and adversarial losses
    judge images with a fidelity of at most `judged_below`, so the faithful
    end stays what the pixel loss alone makes it; at most `judged` images a
    step, since these losses are the dearest part of it.

    Args:
        generator: The network.
        train_cfg: That of the editor; its `fidelity` holds these four.

    Raises:
        ConfigError: If there is a `fidelity` for a network that takes none,
            or the reverse, or it has other entries.
    """

    def __init__(
        self, generator: nn.Module, train_cfg: Mapping[str, Any] | None
    ):
        given = (train_cfg or {}).get('fidelity')
        takes = getattr(generator, 'takes_fidelity', False)
        if (given is not None) != takes:
            raise ConfigError(
                f'train_cfg.fidelity must be given exactly for networks that '
                f'take a fidelity, got {given} for a '
                f'{type(generator).__name__} that '
                f'{"does" if takes else "does not"}: '
                f'{"add fidelity=dict()" if takes else "remove it"}.'
            )
        unknown = sorted((given or {}).keys() - _SHARES.keys())
        if unknown:
            raise ConfigError(
                f'train_cfg.fidelity may have {", ".join(_SHARES)}, got '
                f'{", ".join(unknown)}.'
            )
        self._rules = {**_SHARES, **given} if takes else None
        self._fidelity: Tensor | None = None

    def draw(
        self, inputs: Tensor, clean: Sequence[bool] | None = None
    ) -> dict[str, Tensor]:
        """Arguments of the network for images (B, 3, H, W).

        Args:
            inputs: The images.
            clean: Which of them are merely small, or have merely holes.
        """
        if self._rules is None:
            return {}
        count = len(inputs)
        # On the CPU, whose generator is what a seed and a resume restore.
        # At even distances, so that each batch has its share of all values.
        uniform = (torch.randperm(count) + torch.rand(1)) / count
        kind = (torch.arange(count) + torch.rand(1)) / count
        faithful, codes = self._rules['faithful'], self._rules['codes']
        w = torch.where(kind < faithful + codes, 0.0, uniform)
        w = torch.where(kind < faithful, 1.0, w)
        if clean is not None:
            # Both in random order, but for what comes first.
            images = torch.rand(count) - torch.tensor(clean, dtype=w.dtype)
            values = torch.rand(count) - (w == 1).to(w)
            w = w[values.argsort()][images.argsort().argsort()]
        self._fidelity = w.to(inputs)
        return {'fidelity': self._fidelity}

    def judged(self, image: Tensor) -> Tensor:
        """Those of the images (B, ...) that other losses than pixels see.

        Called for results and their ground truth alike.
        """
        if self._rules is None:
            return image
        below = self._fidelity <= self._rules['judged_below']
        return image[below.nonzero().flatten()[: self._rules['judged']]]
