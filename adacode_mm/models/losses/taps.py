"""Where a network's features are compared with those of the HQ prior."""

from torch import Tensor

from adacode_mm.core.exceptions import ConfigError, InputError
from adacode_mm.models.structures import CodebookOutput

TAPS = ('codes', 'mixed', 'feat')


def check_tap(tap: str) -> str:
    """Return `tap` if it is one of `TAPS`.

    Raises:
        ConfigError: If it is not.
    """
    if tap not in TAPS:
        raise ConfigError(f'tap must be one of {TAPS}, got {tap!r}.')
    return tap


def tapped_pairs(
    out: CodebookOutput, prior: CodebookOutput | None, tap: str
) -> list[tuple[Tensor, Tensor]]:
    """Features of the network, each with its target from the prior.

    'codes' pairs the projected features of every codebook with the codes that
    the prior selected, 'mixed' what the two decoders receive, 'feat' the two
    encoder features.

    Args:
        out: Output of the network in training.
        prior: Output of the frozen network on the ground truth.
        tap: One of `TAPS`.

    Returns:
        Pairs of equal shapes (B, C, h, w), one per codebook for 'codes', else
        one; the second of each is detached.

    Raises:
        InputError: If there is no prior or it does not fit the network.
    """
    if prior is None:
        raise InputError(
            f'A loss at tap={tap!r} needs the output of the HQ prior, got '
            f'None: configure a prior or remove the loss.'
        )
    if tap == 'codes':
        if len(out.pre_quant) != len(prior.quantized):
            raise InputError(
                f'The prior must have as many codebooks as the network, '
                f'{len(out.pre_quant)}, got {len(prior.quantized)}: give '
                f'both the same quantizers.'
            )
        targets = [q.codes for q in prior.quantized]
        pairs = list(zip(out.pre_quant, targets, strict=True))
    else:
        pairs = [(getattr(out, tap), getattr(prior, tap))]
    for x, target in pairs:
        if x.shape != target.shape:
            raise InputError(
                f'The prior at tap={tap!r} must have the shape of the '
                f'network, {tuple(x.shape)}, got {tuple(target.shape)}: give '
                f'the prior the ground truth of the same batch and both '
                f'networks the same latent grid.'
            )
    return [(x, target.detach()) for x, target in pairs]
