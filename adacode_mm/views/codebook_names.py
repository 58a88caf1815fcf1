"""What the codebooks of AdaCode are called in pictures."""

from collections.abc import Sequence

from adacode_mm.core.exceptions import InputError

# Codebooks of the paper, in the order of its stage II (Liu et al., ICCV 2023,
# section 4.1), which is that of this package's configs, too.
PAPER_BASES = ('architecture', 'indoor', 'nature', 'street', 'portrait')


def codebook_names(
    count: int, names: Sequence[str] | None = None
) -> tuple[str, ...]:
    """One name for each codebook.

    Where a file of weights does not tell them, five codebooks are taken to
    be those of the paper, others are numbered from 0.

    Args:
        count: Number of codebooks.
        names: What to call them instead.

    Raises:
        InputError: If there are more or fewer names than codebooks.
    """
    if names is None:
        if count == len(PAPER_BASES):
            return PAPER_BASES
        return tuple(f'codebook {k}' for k in range(count))
    if len(names) != count:
        raise InputError(
            f'Expected {count} names, one for each codebook of the model, got '
            f'{len(names)}: {", ".join(names)}.'
        )
    return tuple(names)
