"""Loading that names every key that does not fit."""

from collections.abc import Callable, Mapping

from torch import Tensor, nn

from adacode_mm.core.exceptions import CheckpointError, ConfigError
from adacode_mm.models.layers.outline import outlined


def check_keys(
    expected: Mapping[str, Tensor], found: Mapping[str, Tensor], source: str
) -> None:
    """Compare names, shapes and kinds of numbers of two state dicts.

    Args:
        expected: State dict of the module that is to be filled.
        found: State dict of the checkpoint.
        source: What to call the checkpoint in an error.

    Raises:
        CheckpointError: If a key is missing, unexpected, of another shape, or
            holds whole numbers where the other does not.
    """
    shapes = [
        f'{key} must be {tuple(expected[key].shape)} and is '
        f'{tuple(value.shape)}'
        for key, value in found.items()
        if key in expected and expected[key].shape != value.shape
    ]
    kinds = [
        f'{key} is of type {_kind(value)}, not {_kind(expected[key])}'
        for key, value in found.items()
        if key in expected and _is_whole(expected[key]) != _is_whole(value)
    ]
    problems = [
        _count('of another shape', shapes),
        _count('of another type', kinds),
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


def _is_whole(value):
    return not value.is_floating_point()


def _kind(value):
    return str(value.dtype).removeprefix('torch.')


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


def build_strictly(
    build: Callable[[], nn.Module], state: Mapping[str, Tensor], source: str
) -> nn.Module:
    """Build a network and fill it; every key has to fit.

    Memory is taken for it only after that is known.

    Args:
        build: Builds the network; called twice.
        state: Its state dict.
        source: What to call the checkpoint in an error.

    Returns:
        The network in evaluation mode, float32, on the CPU.

    Raises:
        CheckpointError: As `check_keys`, or if the parts that the shapes
            tell do not fit together.
    """
    try:
        with outlined():
            outline = build()
    except ConfigError as error:
        raise CheckpointError(
            f'The weights in {source} make no network: {error}'
        ) from error
    check_keys(outline.state_dict(), state, source)
    # Whatever PyTorch's default is at the moment.
    net = build().float()
    load_strictly(net, state, source)
    return net.eval()
