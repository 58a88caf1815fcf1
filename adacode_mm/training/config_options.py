"""Options that stand for several places of a config.

MMEngine evaluates a config file before it merges options into it, so what the
file derived from a value does not follow when an option changes the value.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from mmengine.config import Config

from adacode_mm.core.exceptions import ConfigError

from .check_config import known_top_level, unknown

# A part that belongs to one codebook: what, its number, what of it.
_OF_BASIS = re.compile(
    r'(.*\b(?:quantizers|pre_quants|post_quants))\.(\d+)(.*)'
)


def merge_options(cfg: Config, options: Mapping) -> None:
    """Merge options into a config, in place.

    Two of them reach further than their own key:

    `data_root`
        Replaces the config's `data_root` wherever a data set has it.
    `bases`
        Keeps these of the codebooks that the config's `bases` names, in this
        order: their quantizers, in the network and in its prior, and their
        checkpoints; no weight predictor for a single one. The work directory
        ends in their names, and so does the stage-II one that stage III
        starts from.

    Args:
        cfg: A config.
        options: Changes to it, dotted key -> value.

    Raises:
        ConfigError: If the config has no such value to derive others from,
            `bases` has a name that is unknown or repeated, or an option
            names nothing that the config or MMEngine has.
    """
    derived = {}
    _check_names(cfg, options)
    if 'data_root' in options:
        _require(cfg, 'data_root', 'a folder of its data sets')
        derived.update(_moved_data(cfg, options['data_root']))
    if 'bases' in options:
        _require(cfg, 'bases', 'names of its codebooks')
        names = options['bases']
        names = [names] if isinstance(names, str) else list(names)
        options = {**options, 'bases': names}
        if names != list(cfg.bases):
            derived.update(_selected_bases(cfg, names))
    # What is given explicitly has the last word.
    for name, value in {**derived, **options}.items():
        _merge(cfg, name, value)


def _merge(cfg, name, value):
    try:
        cfg.merge_from_dict({name: value})
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ConfigError(
            f'--cfg-options {name}={value!r} cannot be merged into the '
            f'config, which has something of another kind there: set a whole '
            f'dict or list, with its type.'
        ) from error


def _check_names(cfg, options):
    """A new variable at the top of a config would come too late for it."""
    # These two say themselves what they need.
    known = {*cfg, *known_top_level(), 'data_root', 'bases'}
    for option in options:
        top, *path = option.split('.')
        if top not in known:
            raise unknown('--cfg-options', top, known, 'this config')
        _check_path(cfg.get(top), path, top)


def _check_path(node, path, place):
    for name in path:
        if isinstance(node, list | tuple):
            if not name.isdigit() or int(name) >= len(node):
                raise ConfigError(
                    f'{place}.{name} is not in the config: {place} has '
                    f'{len(node)} entries, numbered from 0.'
                )
            node = node[int(name)]
        elif isinstance(node, Mapping):
            if name not in node:
                return  # new, or a typo, which the check of the config finds
            node = node[name]
        elif node is None:
            return
        else:
            raise ConfigError(
                f'{place} is {node!r} in the config, which has no {name!r} to '
                f'change: set {place} as a whole.'
            )
        place = f'{place}.{name}'


def _require(cfg, key, what):
    if key not in cfg:
        raise ConfigError(
            f'The option {key} needs a config with {key}, {what}, but '
            f'{cfg.filename or "this one"} has none: leave the option out.'
        )


def _moved_data(cfg, new_root):
    places = _places(cfg.to_dict(), 'data_root', cfg.data_root)
    return {'.'.join(place): new_root for place in places}


def _places(node, key, value, path=()) -> Iterator[tuple[str, ...]]:
    """Paths in a config at which `key` has this value."""
    if isinstance(node, Mapping):
        if node.get(key) == value:
            yield (*path, key)
        items = node.items()
    elif isinstance(node, list | tuple):
        items = enumerate(node)
    else:
        return
    for name, child in items:
        yield from _places(child, key, value, (*path, str(name)))


def _selected_bases(cfg, names) -> dict:
    known = list(cfg.bases)
    unknown = [name for name in names if name not in known]
    if not names or unknown or len(set(names)) < len(names):
        raise ConfigError(
            f'bases must be some of {known}, each once, got {names}.'
        )
    picked = [known.index(name) for name in names]
    suffix = '_'.join(['', *names])
    model = cfg.model
    changes = {}
    for network in ('generator', 'hq_prior'):
        if model.get(network):
            quantizers = model[network].quantizers
            key = f'model.{network}'
            changes[f'{key}.quantizers'] = [quantizers[k] for k in picked]
            if len(picked) == 1:
                changes[f'{key}.weight_predictor'] = None
    if model.get('init_cfg'):
        changes['model.init_cfg.sources'] = _selected_sources(
            model.init_cfg.sources, picked, suffix
        )
    work_dir = cfg.get('work_dir') or f'work_dirs/{_stem(cfg)}'
    changes['work_dir'] = work_dir + suffix
    return changes


def _stem(cfg):
    return Path(cfg.filename).stem if cfg.filename else 'run'


def _selected_sources(sources: Sequence, picked: list[int], suffix: str):
    """Sources whose parts the network still has, under their new numbers."""
    selected = []
    for source in sources:
        parts, numbers, single = {}, [], False
        for target, start in source.parts.items():
            match = _OF_BASIS.fullmatch(target)
            if match:
                single = True
                if int(match[2]) in picked:
                    numbers.append(picked.index(int(match[2])))
                    parts[f'{match[1]}.{numbers[-1]}{match[3]}'] = start
            elif len(picked) > 1 or 'weight_predictor' not in target:
                parts[target] = start
        checkpoint = source.checkpoint
        if not single:  # of a stage that has all codebooks
            several = not isinstance(checkpoint, str)
            checkpoint = (
                [each + suffix for each in checkpoint]
                if several
                else checkpoint + suffix
            )
        if parts:
            kept = {**source, 'checkpoint': checkpoint, 'parts': parts}
            selected.append((min(numbers, default=-1), kept))
    # In the order of the codebooks, as the options count them.
    return [kept for _, kept in sorted(selected, key=lambda each: each[0])]
