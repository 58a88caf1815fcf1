"""The tiny configs, batches for them, and checkpoints of a short training."""

import contextlib
import copy
import functools
import os
import tempfile
from pathlib import Path

import torch
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.optim import build_optim_wrapper
from mmengine.registry import DefaultScope

import adacode_mm  # noqa: F401  (before MMagic)
from adacode_mm.core.random_state import seeded_cpu
from adacode_mm.registry import DATASETS, MODELS
from adacode_mm.training.run_config import train_config

CONFIGS = Path(__file__).parents[1] / 'configs'
TINY = CONFIGS / 'adacode' / 'tiny'
CLASSES = ('arch', 'indoor', 'nature', 'street', 'portrait')

# One step on two crops; validation on whatever the config names.
QUICK = {'train_cfg.max_iters': 1, 'train_dataloader.batch_size': 2}


def tiny_config(name, **options):
    """A tiny config that loads no checkpoint of another stage."""
    cfg = Config.fromfile(TINY / f'{name}.py')
    cfg.model.pop('init_cfg', None)
    cfg.merge_from_dict(options)
    return cfg


def seeded_model(cfg, seed=0):
    """Build the model of a config with repeatable random weights."""
    torch.manual_seed(seed)
    with DefaultScope.overwrite_default_scope('mmagic'):
        return MODELS.build(cfg.model)


def seeded_optimizers(cfg, model):
    """Optimizer wrappers of a config."""
    with DefaultScope.overwrite_default_scope('mmagic'):
        return build_optim_wrapper(model, cfg.optim_wrapper)


def photo_batch(cfg, size=2):
    """A batch as the training loader of a config makes it, always the same."""
    with DefaultScope.overwrite_default_scope('mmagic'):
        dataset = DATASETS.build(
            # Serializing collects garbage, which takes half a second.
            {**cfg.train_dataloader.dataset, 'serialize_data': False}
        )
        with seeded_cpu(0):
            return pseudo_collate([dataset[i] for i in range(size)])


class TinyTraining:
    """A model of a tiny config with its optimizers and one batch."""

    def __init__(self, stage, **options):
        self.cfg = tiny_config(stage, **options)
        self.model = seeded_model(self.cfg).train()
        self.optim = seeded_optimizers(self.cfg, self.model)
        self.batch = photo_batch(self.cfg)

    def step(self):
        return self.model.train_step(copy.deepcopy(self.batch), self.optim)

    def forward(self):
        """Output of the generator and the ground truth, as in a step."""
        data = self.model.data_preprocessor(copy.deepcopy(self.batch), True)
        out = self.model.generator(data['inputs'])
        return out, data['data_samples'].gt_img


@contextlib.contextmanager
def working_directory(folder):
    """Run a block in another folder."""
    before = os.getcwd()
    os.chdir(folder)
    try:
        yield Path(folder)
    finally:
        os.chdir(before)


@functools.cache
def _scratch():
    return tempfile.TemporaryDirectory(prefix='adacode_stages_')


@functools.cache
def trained_stages():
    """Folder in which stages I, II and III x4 were trained for one step.

    With the default work directories, each stage starting from the files of
    the one before; made once for all tests.
    """
    folder = Path(_scratch().name)
    names = [*(f'stage1_{each}' for each in CLASSES), 'stage2']
    names.append('stage3_sr_x4')
    with working_directory(folder):
        for seed, name in enumerate(names):
            options = {**QUICK, 'randomness.seed': seed}
            train_config(TINY / f'{name}.py', cfg_options=options)
    return folder
