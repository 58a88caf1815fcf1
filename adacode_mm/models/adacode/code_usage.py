"""How evenly the codes of a codebook are used."""

from typing import NamedTuple

from torch import Tensor


class CodeUsage(NamedTuple):
    """Use of one codebook.

    Attributes:
        perplexity: exp(entropy) of the distribution: 1 if a single code is
            used, N if all N are used alike.
        used: How many codes were used at least once.
        dead: Share of the codes that were never used, in [0, 1].
    """

    perplexity: float
    used: int
    dead: float


def code_usage(counts: Tensor) -> CodeUsage:
    """Sum up how often each code was used.

    Args:
        counts: (N,), not negative. Without any use, the perplexity is 1.
    """
    used = counts[counts > 0].double()
    share = used / used.sum()
    perplexity = share.log().mul(share).sum().neg().exp().item()
    return CodeUsage(perplexity, len(used), 1 - len(used) / len(counts))
