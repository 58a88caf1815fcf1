"""Find arguments that no class takes, before anything is built."""

import difflib
import inspect
from collections.abc import Iterator, Mapping, Sequence

from mmagic import registry as mmagic_registry
from mmengine.config import Config

from adacode_mm import registry
from adacode_mm.core.exceptions import ConfigError

# Not the optimizer wrappers: their constructors take arguments of their own.
_REGISTRIES = (
    registry.MODELS,
    registry.TRANSFORMS,
    registry.DATASETS,
    registry.DATA_SAMPLERS,
    registry.METRICS,
    registry.HOOKS,
    registry.LOOPS,
    registry.LOG_PROCESSORS,
    registry.VISBACKENDS,
    registry.WEIGHT_INITIALIZERS,
    mmagic_registry.OPTIMIZERS,
    mmagic_registry.VISUALIZERS,
)


def check_config(cfg: Config | Mapping | Sequence) -> None:
    """Compare every `dict(type=...)` of a config with its class.

    Classes that take `**kwargs`, and types that are not found here, are left
    to the builder.

    Args:
        cfg: A whole config, or any part of one.

    Raises:
        ConfigError: At the first argument that its class does not take.
    """
    # MMEngine's Config is no mapping, only what is inside of it.
    cfg = cfg.to_dict() if isinstance(cfg, Config) else cfg
    for path, part in _typed_parts(cfg, ''):
        cls = _find(part['type'])
        known = _arguments(cls) if inspect.isclass(cls) else None
        for name in part if known is not None else ():
            if name not in ('type', '_scope_', *known):
                close = difflib.get_close_matches(name, known, 1)
                hint = f' Did you mean {close[0]!r}?' if close else ''
                raise ConfigError(
                    f'{path.strip(".") or "The config"} gives '
                    f'{cls.__name__} an argument {name!r}, but it takes '
                    f'{sorted(known)}.{hint}'
                )


def _typed_parts(node, path) -> Iterator[tuple[str, Mapping]]:
    if isinstance(node, Mapping):
        if isinstance(node.get('type'), str):
            yield path, node
        items = node.items()
    elif isinstance(node, list | tuple):
        items = enumerate(node)
    else:
        return
    for key, value in items:
        yield from _typed_parts(value, f'{path}.{key}')


def _find(name):
    found = (each.get(name) for each in _REGISTRIES)
    return next((cls for cls in found if cls is not None), None)


def _arguments(cls) -> list[str] | None:
    """Names of the constructor's arguments; None if it takes any."""
    parameters = list(inspect.signature(cls).parameters.values())
    if any(p.kind in (p.VAR_KEYWORD, p.VAR_POSITIONAL) for p in parameters):
        return None
    return [p.name for p in parameters]
