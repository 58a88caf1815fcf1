"""MMagic 1.2's inferencer knows only the models of its own package.

Its list of names, the metafiles they stand for and the folder of their
configs are all inside of MMagic. Here it learns the names of `OURS`, from the
metafiles that travel with this package; what it does with its own models is
left as it is.
"""

import functools
import logging
import os
import warnings
from pathlib import Path

logger = logging.getLogger(__name__)

# Folders below configs/, each with a metafile.yml.
OURS = ('adacode', 'femasr', 'vqgan')
_PACKAGE = Path(__file__).resolve().parents[2]


def config_folder() -> Path:
    """Where `configs/` of this package is: a checkout, or an installation.

    Raises:
        FileNotFoundError: If the package was installed without its configs.
    """
    folders = (_PACKAGE.parent / 'configs', _PACKAGE / '.mim' / 'configs')
    for folder in folders:
        if (folder / OURS[0] / 'metafile.yml').is_file():
            return folder
    raise FileNotFoundError(
        f'The configs of adacode_mm must be in {folders[0]} or {folders[1]}, '
        f'but neither has {OURS[0]}/metafile.yml: install the package again.'
    )


@functools.cache
def settings_of(name: str) -> tuple[dict, ...]:
    """Entries `Models` of the metafile of one of `OURS`."""
    import yaml

    path = config_folder() / name / 'metafile.yml'
    return tuple(yaml.safe_load(path.read_text(encoding='utf-8'))['Models'])


def apply() -> None:
    """Make MMagic's inferencer know our models; a second call does nothing."""
    from mmagic.apis.mmagic_inferencer import MMagicInferencer

    names = MMagicInferencer.inference_supported_models
    if OURS[0] in names:
        return
    names.extend(OURS)
    _read_our_metafiles(MMagicInferencer)
    _list_every_task(MMagicInferencer)
    _find_our_configs(MMagicInferencer)
    logger.info('MMagicInferencer knows %s', ', '.join(OURS))


def _tasks(name):
    return [setting['Results'][0]['Task'] for setting in settings_of(name)]


def _read_our_metafiles(inferencer):
    original = inferencer.init_inference_supported_models_cfg

    def init_inference_supported_models_cfg():
        names = inferencer.inference_supported_models
        inferencer.inference_supported_models = [
            name for name in names if name not in OURS
        ]
        try:
            original()
        finally:
            inferencer.inference_supported_models = names
        for name in OURS:
            inferencer.inference_supported_models_cfg.setdefault(
                name,
                {'task': _tasks(name)[0], 'settings': [*settings_of(name)]},
            )

    inferencer.init_inference_supported_models_cfg = staticmethod(
        init_inference_supported_models_cfg
    )


def _list_every_task(inferencer):
    """MMagic takes the task of a model's first setting for that of all."""
    tasks = inferencer.get_inference_supported_tasks
    models = inferencer.get_task_supported_models

    def get_inference_supported_tasks():
        inferencer.init_inference_supported_models_cfg()
        ours = {task for name in OURS for task in _tasks(name)}
        return list(dict.fromkeys([*tasks(), *sorted(ours)]))

    def get_task_supported_models(task):
        inferencer.init_inference_supported_models_cfg()
        ours = [name for name in OURS if task in _tasks(name)]
        return list(dict.fromkeys([*models(task), *ours]))

    inferencer.get_inference_supported_tasks = staticmethod(
        get_inference_supported_tasks
    )
    inferencer.get_task_supported_models = staticmethod(
        get_task_supported_models
    )


def _find_our_configs(inferencer):
    original = inferencer._get_inferencer_kwargs

    @functools.wraps(original)  # with the mark that `mmagic.apply` left
    def get_inferencer_kwargs(
        self,
        model_name,
        model_setting,
        config_name,
        model_config,
        model_ckpt,
        extra_parameters,
    ):
        if model_name not in OURS:
            return original(
                self,
                model_name,
                model_setting,
                config_name,
                model_config,
                model_ckpt,
                extra_parameters,
            )
        chosen = model_setting if config_name is None else config_name
        setting = choose_setting(model_name, chosen)
        result = _config_and_task(setting, model_config)
        result['ckpt'] = _weights(setting, model_ckpt)
        if model_config is None and model_ckpt is None:
            result['config'] = _as_stored(result['config'], setting)
        if extra_parameters is not None:
            result['extra_parameters'] = extra_parameters
        return result

    inferencer._get_inferencer_kwargs = get_inferencer_kwargs


def choose_setting(name: str, chosen: int | str | None) -> dict:
    """One entry of a metafile.

    Args:
        name: One of `OURS`.
        chosen: Number of the entry, its `Name`, or the name of its config
            without `.py`, of which the first one counts; None for the first
            one whose weights are in this package, else the first of all.

    Raises:
        ValueError: If there is no such entry; the message lists them.
    """
    settings = settings_of(name)
    if chosen is None:
        here = [each for each in settings if _is_packaged(each)]
        return (here or settings)[0]
    if isinstance(chosen, str) and chosen.isdecimal():
        chosen = int(chosen)
    for number, setting in enumerate(settings):
        names = (setting['Name'], Path(setting['Config']).stem)
        if chosen == number or chosen in names:
            return setting
    known = ', '.join(
        f'{number} or {setting["Name"]!r}'
        for number, setting in enumerate(settings)
    )
    raise ValueError(
        f'The setting of {name!r} must be one of {known}, got {chosen!r}: '
        f'pass one of these as model_setting or config_name.'
    )


def _is_packaged(setting) -> bool:
    """Whether the weights are a file of this package, and not a URL."""
    return '://' not in setting.get('Weights', '://')


def _config_and_task(setting, model_config):
    own = config_folder().parent / setting['Config']
    task = setting['Results'][0]['Task']
    if model_config is None:
        return {'config': os.fspath(own), 'task': task}
    from mmengine.config import Config

    warnings.warn(
        f'The config of {setting["Name"]} is overridden by the given one.',
        UserWarning,
        stacklevel=4,
    )
    if not isinstance(model_config, Config):
        model_config = Config.fromfile(model_config)
    task = model_config.get('inference_task') or task
    return {'config': model_config, 'task': task}


def _as_stored(config, setting):
    """A config with the network that a packaged file was trained with.

    The recipe in `configs/` may have moved on since, and what it trains with
    may not fit this network.
    """
    if not _is_packaged(setting):
        return config
    from mmengine.config import Config

    from adacode_mm.checkpoints.weights_file import read_weights

    stored = read_weights(_PACKAGE.parent / setting['Weights']).config
    if stored is None:
        return config
    config = Config.fromfile(config)
    model = config.model
    kept = ['type', 'data_preprocessor', 'pixel_loss']
    if stored['decoder']['type'] == model.generator.decoder.type:
        kept.append('train_cfg')  # says what a decoder with fidelity wants
    config.model = {
        **{name: model[name] for name in kept if name in model},
        'generator': stored,
    }
    return config


def _weights(setting, model_ckpt):
    if model_ckpt is not None:
        return os.fspath(model_ckpt)
    if 'Weights' not in setting:
        raise ValueError(
            f'No weights of {setting["Name"]} are published: pass those of a '
            f'training or a released file as model_ckpt (model_ckpt="" leaves '
            f'the weights random).'
        )
    if _is_packaged(setting):
        return os.fspath(_PACKAGE.parent / setting['Weights'])
    return setting['Weights']
