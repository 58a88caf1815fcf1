"""Loading that names every key that does not fit."""

from collections.abc import Mapping

from torch import Tensor, nn

from adacode_mm.core.exceptions import CheckpointError


def check_keys(
    expected: Mapping[str, Tensor], found: Mapping[str, Tensor], source: str
) -> None:
    """Compare names and shapes of two state dicts.

    Args:
        expected: State dict of the module that is to be filled.
        found: State dict of the checkpoint.
        source: What to call the checkpoint in an error.

    Raises:
        CheckpointError: If a key is missing, unexpected, or of another shape.
    """
    shapes = [
        f'{key} must be {tuple(expected[key].shape)} and is '
        f'{tuple(value.shape)}'
        for key, value in found.items()
        if key in expected and expected[key].shape != value.shape
    ]
    problems = [
        _count('of another shape', shapes),
        _count('missing', [key for key in expected if key not in found]),
        _count('unexpected', [key for key in found if key not in expected]),
    ]
    problems = [problem for problem in problems if problem]
    if problems:
        raise CheckpointError(
            f'{source} does not fit the network: {"; ".join(problems)}: use '
            f'the checkpoint of this architecture, or the config that the '
            f'checkpoint was made with.'
        )


def _count(kind, keys, shown=3):
    if not keys:
        return ''
    more = f' and {len(keys) - shown} more' if len(keys) > shown else ''
    return f'{len(keys)} {kind} ({", ".join(keys[:shown])}{more})'


def load_strictly(
    module: nn.Module, state: Mapping[str, Tensor], source: str
) -> None:
    """Load a state dict into `module`; every key has to fit.

    Raises:
        CheckpointError: As `check_keys`; nothing is loaded then.
    """
    check_keys(module.state_dict(), state, source)
    module.load_state_dict(state, strict=True)
