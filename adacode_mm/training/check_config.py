"""Find settings that nothing reads, before anything is built."""

import difflib
import inspect
import string
from collections.abc import Iterator, Mapping, Sequence

import torch
from mmagic import registry as mmagic_registry
from mmengine import registry as mmengine_registry
from mmengine.config import Config
from mmengine.optim import DefaultOptimWrapperConstructor
from mmengine.runner import Runner
from mmengine.utils.dl_utils import set_multi_processing
from torch.utils.data import DataLoader

from adacode_mm import registry
from adacode_mm.core.exceptions import ConfigError

from .config_sections import check_sections
from .registered_types import check_type
from .settings_schema import (
    Schema,
    accepts,
    keys_of_class,
    keys_read,
    name_of,
    schema_of,
)

# Optimizer wrappers are checked by their place.
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
    mmengine_registry.PARAM_SCHEDULERS,
)
# A name this close to a known one is a slip of it.
_CLOSE, _CLOSE_WORD = 0.8, 0.65
# What MMEngine and MMagic take out before they build the class.
_OUTSIDE = {
    registry.HOOKS: ('priority',),
    mmengine_registry.PARAM_SCHEDULERS: ('convert_to_iter_based',),
}
# What a constructor of optimizer wrappers takes out of their configs.
_OF_WRAPPER = (
    'type',
    '_scope_',
    'optimizer',
    'constructor',
    'paramwise_cfg',
    'modules',
)


def check_config(cfg: Config | Mapping | Sequence) -> None:
    """Compare every setting of a config with what reads it.

    For `dict(type=...)` that is the class, for the rest MMEngine's runner.
    Which names and types are right follows from signatures, annotations and,
    where a dict is read, its source. Where a class takes `**kwargs`, only
    slips of the names in its signature are found; types that are in no
    registry are left to the builder.

    Args:
        cfg: A whole config, or any part of one.

    Raises:
        ConfigError: At the first setting with an unknown name or a value of
            another type.
    """
    # MMEngine's Config is no mapping, only what is inside of it.
    whole = isinstance(cfg, Config)
    if whole:
        check_sections(cfg)
    cfg = cfg.to_dict() if whole else cfg
    if whole:
        _check_top_level(cfg)
    for path, part in _typed_parts(cfg, ''):
        if path.endswith('ema_config'):  # MMagic's models take it out
            part = {k: v for k, v in part.items() if k != 'start_iter'}
        place = path.strip('.') or 'The config'
        _check_typed(place, part)
        for name, inner in _inner_schemas(part):
            _check(f'{place}.{name}', part[name], inner)
    for place, part, schema in _untyped_parts(cfg) if whole else ():
        _check(place, part, schema)


def known_top_level() -> set[str]:
    """Names at the top of a config that MMEngine reads."""
    signature = inspect.signature(Runner).parameters
    return {*signature, *keys_read(Runner, 'self.cfg'), 'custom_imports'}


def unknown(place: str, name: str, known, reader: str) -> ConfigError:
    """Error about a name that nothing reads."""
    close = difflib.get_close_matches(name, sorted(known), 1)
    advice = (
        f'did you mean {close[0]!r}?'
        if close
        else f'known are {", ".join(sorted(known))}.'
    )
    return ConfigError(
        f'{place} has {name!r}, which {reader} does not know: {advice}'
    )


def _check(place, part, schema):
    if not isinstance(part, Mapping):
        return
    for name, value in part.items():
        if name in schema.hints:
            hint = schema.hints[name]
            if not accepts(hint, value, schema.ours):
                raise ConfigError(
                    f'{place}.{name} must be {name_of(hint)} for '
                    f'{schema.reader}, got {value!r}.'
                )
        elif schema.complete or _slip(name, schema.hints):
            raise unknown(place, name, schema.hints, schema.reader)


def _check_typed(place, part):
    """Some names are in several registries: one class has to fit."""
    first = None
    schemas = [*_of_type(part['type'])]
    if not schemas:
        check_type(place, part['type'])
    for schema in schemas:
        try:
            _check(place, part, schema.also('type', '_scope_'))
            return
        except ConfigError as error:
            first = first or error
    if first is not None:
        raise first


def _slip(name, known):
    return any(_is_slip(name, each) for each in known)


def _is_slip(name, known):
    """Whether a name is a known one, mistyped.

    `test100_dataloader` is a name of its own, not `test_dataloader`.
    """
    pairs = [(name, known, _CLOSE)]
    words = name.split('_'), known.split('_')
    if len(words[0]) == len(words[1]):
        pairs += [(*pair, _CLOSE_WORD) for pair in zip(*words, strict=True)]
    return not (set(name) - set(known)).intersection(string.digits) and all(
        difflib.SequenceMatcher(None, one, other).ratio() >= least
        for one, other, least in pairs
    )


def _check_top_level(cfg):
    """A variable of the file is fine; a slip of a setting is not."""
    known = known_top_level()
    for name, value in cfg.items():
        if name in known or not _slip(name, known):
            continue
        # Such as `set5_dataloader`, of which `test_dataloader` is made.
        others = [each for key, each in cfg.items() if key != name]
        if not _holds(others, value):
            raise unknown('The config', name, known, 'MMEngine')


def _holds(node, value):
    if node is value or (type(node) is type(value) and node == value):
        return True
    if isinstance(node, Mapping):
        node = node.values()
    elif not isinstance(node, list | tuple):
        return False
    return any(_holds(each, value) for each in node)


def _typed_parts(node, path) -> Iterator[tuple[str, Mapping]]:
    if isinstance(node, Mapping):
        # `norm_cfg` may say `requires_grad` for any layer.
        if isinstance(node.get('type'), str) and 'requires_grad' not in node:
            yield path, node
        items = node.items()
    elif isinstance(node, list | tuple):
        items = enumerate(node)
    else:
        return
    for key, value in items:
        if key != 'vis_kwargs_list':  # MMagic's hook reads its types itself
            yield from _typed_parts(value, f'{path}.{key}')


def _of_type(name) -> Iterator[Schema]:
    for each in _REGISTRIES:
        cls = each.get(name)
        if inspect.isclass(cls):
            schedule = each is mmengine_registry.PARAM_SCHEDULERS
            schema = schema_of(cls, whole_mro=schedule)
            yield schema.also(*_OUTSIDE.get(each, ()))


def _inner_schemas(part) -> Iterator[tuple[str, Schema]]:
    """Of the dicts `train_cfg` and `test_cfg` of a model."""
    given = [each for each in ('train_cfg', 'test_cfg') if part.get(each)]
    cls = registry.MODELS.get(part['type']) if given else None
    for name in given if inspect.isclass(cls) else ():
        declared = getattr(cls, 'settings', {}).get(name)
        if declared is not None:
            yield name, schema_of(declared)
        else:
            keys = keys_of_class(cls, name)
            yield name, Schema(cls.__name__, complete=False).also(*keys)


def _untyped_parts(cfg) -> Iterator[tuple[str, object, Schema]]:
    """Dicts without a type that MMEngine reads."""

    def reads(place, method, variable):
        found = keys_read(method, variable)
        if found:
            yield place, _at(cfg, place), Schema(place).also(*found)

    yield from reads('auto_scale_lr', Runner.scale_lr, 'auto_scale_lr')
    switch = Schema('auto_scale_lr', {'enable': bool}, False, True)
    yield 'auto_scale_lr', _at(cfg, 'auto_scale_lr'), switch
    yield from reads('env_cfg', Runner.setup_env, 'env_cfg')
    for place, function, more in (
        ('env_cfg.mp_cfg', set_multi_processing, ()),
        (
            'env_cfg.dist_cfg',
            torch.distributed.init_process_group,
            ('init_backend',),
        ),
        ('randomness', Runner.set_randomness, ()),
    ):
        yield place, _at(cfg, place), schema_of(function).also(*more)
    for place in ('train_dataloader', 'val_dataloader', 'test_dataloader'):
        schema = schema_of(DataLoader).also('num_batch_per_epoch', '_scope_')
        yield place, _at(cfg, place), schema
    yield from _wrappers(cfg.get('optim_wrapper') or {})
    for number, source in enumerate(_at(cfg, 'model.init_cfg.sources') or ()):
        place = f'model.init_cfg.sources.{number}'
        yield place, source, Schema('init_cfg').also('checkpoint', 'parts')
    hooks = cfg.get('default_hooks') or {}
    for name, hook in hooks.items():
        if isinstance(hook, Mapping) and 'type' not in hook:
            raise unknown(
                'default_hooks', name, hooks.keys() - {name}, 'this config'
            )


def _wrappers(config) -> Iterator[tuple[str, object, Schema]]:
    several = 'optimizer' not in config
    parts = config.items() if several else [('', config)]
    for name, part in parts:
        if not isinstance(part, Mapping) or 'optimizer' not in part:
            continue
        place = f'optim_wrapper.{name}'.rstrip('.')
        cls = registry.OPTIM_WRAPPERS.get(part.get('type', 'OptimWrapper'))
        if cls is not None:
            schema = schema_of(cls, whole_mro=True)
            yield place, part, schema.also(*_OF_WRAPPER)
        clip = part.get('clip_grad') or {}
        by_value = isinstance(clip, Mapping) and clip.get('type') == 'value'
        utils = torch.nn.utils
        function = (
            utils.clip_grad_value_ if by_value else utils.clip_grad_norm_
        )
        yield f'{place}.clip_grad', clip, schema_of(function).also('type')
        keys = keys_read(DefaultOptimWrapperConstructor, 'self.paramwise_cfg')
        yield (
            f'{place}.paramwise_cfg',
            part.get('paramwise_cfg'),
            Schema('paramwise_cfg').also(*keys, 'custom_keys'),
        )


def _at(cfg, place):
    for name in place.split('.'):
        cfg = cfg.get(name) if isinstance(cfg, Mapping) else None
    return cfg
