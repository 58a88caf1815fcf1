"""MMagic 1.2's inferencer learns its task from a list of its own models.

`MMagicInferencer(model_config=..., model_ckpt=...)` therefore ends in
"Unknown inferencer task: None". Here the config may name the task itself, in
`inference_task`, with one of MMagic's own task strings.
"""

import logging
import warnings

logger = logging.getLogger(__name__)


def apply() -> None:
    """Read the task of a config that no model name was given for."""
    from mmagic.apis.mmagic_inferencer import MMagicInferencer
    from mmengine.config import Config

    original = MMagicInferencer._get_inferencer_kwargs
    if getattr(original, 'reads_inference_task', False):
        return

    def get_inferencer_kwargs(self, *args, **kwargs):
        result = original(self, *args, **kwargs)
        config = result.get('config')
        if 'task' not in result and config is not None:
            if not isinstance(config, Config):
                config = Config.fromfile(config)
            result['task'] = config.get('inference_task')
            if result['task'] is None:
                raise ValueError(
                    f'Without a model name the config has to name its '
                    f'inference_task, for example "Image Super-Resolution" '
                    f'or "Inpainting", and {config.filename} names none: add '
                    f'it, or pass model_name.'
                )
            if result.get('ckpt') is None:
                warnings.warn(
                    'No model_ckpt was given: the weights are random, and so '
                    'will be the pictures.',
                    UserWarning,
                    stacklevel=3,
                )
        return result

    get_inferencer_kwargs.reads_inference_task = True
    MMagicInferencer._get_inferencer_kwargs = get_inferencer_kwargs
    logger.info('MMagicInferencer takes inference_task from configs')
