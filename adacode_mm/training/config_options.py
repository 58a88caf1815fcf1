"""Options that stand for several places of a config.

MMEngine evaluates a config file before it merges options into it, so what the
file derived from a value does not follow when an option changes the value.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from mmengine.config import Config

from adacode_mm.core.exceptions import ConfigError

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
        ConfigError: If the config has no such value to derive others from, or
            `bases` has a name that is unknown or repeated.
    """
    derived = {}
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
    cfg.merge_from_dict(derived)
    cfg.merge_from_dict(dict(options))


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
        if not single:
            checkpoint += suffix  # of a stage that has all codebooks
        if parts:
            kept = {**source, 'checkpoint': checkpoint, 'parts': parts}
            selected.append((min(numbers, default=-1), kept))
    # In the order of the codebooks, as the options count them.
    return [kept for _, kept in sorted(selected, key=lambda each: each[0])]
