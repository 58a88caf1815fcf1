"""Scale after scale from a VAR, each seeing its own earlier choices."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from adacode_mm.models.quantizers.multi_scale_quantizer import (
    MultiScaleQuantizer,
)

from .var import VAR, Condition
from .var_blocks import KeyValueCache


class Decoded(NamedTuple):
    """Result of decoding K scales, L indices in all.

    Attributes:
        codes: Sum over all scales (B, C, h, w).
        residuals: What each scale adds (B, K, C, h, w).
        logits: After guidance (B, L, N).
        indices: Best index of each position (B, L), scales one after
            another, each row by row.
    """

    codes: Tensor
    residuals: Tensor
    logits: Tensor
    indices: Tensor


def decode_scales(
    var: VAR,
    quantizer: MultiScaleQuantizer,
    condition: Condition,
    batch: int,
    guidance: float | None = None,
    behind_block: Callable[[int, int, Tensor], Tensor] | None = None,
    forced: Tensor | None = None,
) -> Decoded:
    """Decode greedily.

    Args:
        var: Predicts the indices.
        quantizer: Turns them into features.
        condition: Of one label for all sequences, or of one for each.
        batch: Number B of images. With guidance there are 2 * B sequences,
            first those that are wanted, then those to be guided away from.
        guidance: At scale k, logits are (1 + t) * wanted - t * others with
            t = guidance * k / (K - 1). None decodes without others.
        behind_block: Maps block, scale and the block's output to what is
            taken for it.
        forced: Indices (B, L) that later scales see instead of the best ones
            (teacher forcing).
    """
    count = len(quantizer.scales)
    caches = [KeyValueCache(var.num_tokens) for _ in var.blocks]
    copies = 1 if guidance is None else 2
    if forced is not None:
        forced = forced.split([scale**2 for scale in quantizer.scales], 1)
    codes, residuals, all_logits, all_indices = 0, [], [], []
    for k, scale in enumerate(quantizer.scales):
        if k == 0:
            x = var.start_token(condition).expand(copies * batch, -1, -1)
        else:
            x = var.embed(quantizer.next_tokens(codes, k - 1), k)
            x = x.repeat(copies, 1, 1)
        for i, block in enumerate(var.blocks):
            x = block(x, condition.blocks[i], cache=caches[i])
            if behind_block is not None:
                x = behind_block(i, k, x)
        logits = var.classify(x, condition)
        if guidance is not None:
            t = guidance * k / max(count - 1, 1)
            wanted, others = logits.chunk(2)
            logits = (1 + t) * wanted - t * others
        indices = logits.argmax(2)
        chosen = indices if forced is None else forced[k]
        residual = quantizer.residual(chosen.view(batch, scale, scale), k)
        codes = codes + residual
        residuals.append(residual)
        all_logits.append(logits)
        all_indices.append(indices)
    return Decoded(
        codes,
        torch.stack(residuals, 1),
        torch.cat(all_logits, 1),
        torch.cat(all_indices, 1),
    )
