"""A segmentation network of mmsegmentation, with its preprocessing."""

import warnings
from collections import defaultdict
from importlib.util import find_spec

import numpy as np
import torch
from mmengine.config import Config
from mmengine.dataset import Compose
from mmengine.hub import get_config
from mmengine.registry import DefaultScope
from mmengine.runner import CheckpointLoader, load_state_dict

from adacode_mm.checkpoints.state_dicts import find_state_dict
from adacode_mm.core.exceptions import CheckpointError, ConfigError, InputError


class Segmenter:
    """Segments images of any size in batches.

    The network, its preprocessing and the resizing of its logits to the
    image are mmsegmentation's, as in its `inference_model`. Here they are
    taken apart, so that other processes prepare the images.

    Args:
        config: Path of an mmseg config, or `mmseg::...` for one that is
            installed with it.
        checkpoint: Its weights: a file.
        device: Such as 'cuda:0' or 'cpu'.

    Attributes:
        classes: Names of the classes, as the checkpoint states them.

    Raises:
        InputError: If mmsegmentation is not installed.
        ConfigError: If the config is not one of mmseg's.
        CheckpointError: If the checkpoint does not fill the network.
    """

    def __init__(self, config: str, checkpoint: str, device: str):
        config = read_config(config)
        # init_model sets mmseg's scope for good, which would break MMagic.
        with DefaultScope.overwrite_default_scope('mmseg'):
            self._model = _load_model(config, checkpoint, device)
            self.prepare = _preprocessing(config)
        names = self._model.dataset_meta['classes']
        self.classes = tuple(name.strip() for name in names)

    @torch.no_grad()
    def __call__(self, prepared: list[dict]) -> list[np.ndarray]:
        """Segment images.

        Args:
            prepared: What `prepare(dict(img=image))` made of each image,
                uint8 BGR (H, W, 3). Images that have one size after it are
                one batch.

        Returns:
            For each image, (H, W) int64 class indices.
        """
        batches = defaultdict(list)
        for position, each in enumerate(prepared):
            batches[each['inputs'].shape].append(position)
        label_maps = [None] * len(prepared)
        with DefaultScope.overwrite_default_scope('mmseg'):
            for positions in batches.values():
                data = {
                    key: [prepared[position][key] for position in positions]
                    for key in ('inputs', 'data_samples')
                }
                results = self._model.test_step(data)
                for position, result in zip(positions, results, strict=True):
                    labels = result.pred_sem_seg.data[0]
                    label_maps[position] = labels.cpu().numpy()
        return label_maps


def read_config(path):
    if find_spec('mmseg') is None:
        raise InputError(
            'Labelling needs mmsegmentation, which is not installed: run '
            "`pip install 'adacode-mm[seg]'`."
        )
    try:
        if path.startswith('mmseg::'):
            config = get_config(path)
        else:
            config = Config.fromfile(path)
    except Exception as error:
        # A config is Python: reading it may raise anything.
        raise ConfigError(
            f'{path!r} must be a config of mmsegmentation, but it cannot be '
            f'read ({type(error).__name__}: {error}): check --config.'
        ) from error
    if 'model' not in config or 'test_pipeline' not in config:
        raise ConfigError(
            f'{path!r} must be a config of mmsegmentation, with `model` and '
            f'`test_pipeline`, but it has {sorted(config)[:8]}: check '
            f'--config.'
        )
    return config


def _load_model(config, checkpoint, device):
    from mmseg.apis import init_model

    content = CheckpointLoader.load_checkpoint(checkpoint, map_location='cpu')
    with warnings.catch_warnings():
        # About the losses, which nothing is asked of here.
        warnings.simplefilter('ignore', UserWarning)
        model = init_model(config, device='cpu')
    state = find_state_dict(content)
    # MMEngine only warns of what is missing, and would segment with random
    # weights. What is too much does no harm: heads that were only trained.
    problems = [
        key
        for key, value in model.state_dict().items()
        if not key.endswith('num_batches_tracked')
        and (key not in state or state[key].shape != value.shape)
    ]
    if problems:
        raise CheckpointError(
            f'{checkpoint!r} must fill the whole network of the config, but '
            f'{len(problems)} of its tensors are missing or of another shape '
            f'({", ".join(problems[:3])}): give the --config that it was '
            f'trained with.'
        )
    load_state_dict(model, state)
    model.dataset_meta = _dataset_meta(content, model)
    return model.to(device)


def _dataset_meta(content, model):
    from mmseg.utils import get_classes

    meta = content.get('meta') or {}
    stated = meta.get('dataset_meta') or {}
    # CLASSES: as mmsegmentation 0.x wrote it.
    classes = stated.get('classes') or meta.get('CLASSES')
    count = model.decode_head.num_classes
    if classes is None and count == 150:
        warnings.warn(
            'The checkpoint does not state its 150 classes: they are taken '
            "for ADE20K's.",
            stacklevel=2,
        )
        classes = get_classes('ade20k')
    return {'classes': classes or [f'class {n}' for n in range(count)]}


def _preprocessing(config):
    steps = [
        dict(step)
        for step in config.test_pipeline
        if step['type'] != 'LoadAnnotations'
    ]
    steps[0] = {'type': 'LoadImageFromNDArray'}
    return Compose(steps)
