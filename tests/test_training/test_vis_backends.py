"""Where curves and pictures go, as the configs say."""

import re
import sys
from types import ModuleType

import numpy as np
import pytest
from mmengine.config import Config
from mmengine.registry import VISBACKENDS as ROOT
from mmengine.registry import VISUALIZERS, DefaultScope
from tensorboard.backend.event_processing.event_accumulator import (
    EventAccumulator,
)
from tiny_stages import CONFIGS, TINY

import adacode_mm  # noqa: F401
from adacode_mm.core.exceptions import ConfigError
from adacode_mm.training.check_config import check_config
from adacode_mm.training.run_config import load_config

RUNTIME = CONFIGS / '_base_' / 'default_runtime.py'


def visualizer_of(cfg, folder):
    """Visualizer of a config, as the runner builds it."""
    with DefaultScope.overwrite_default_scope('mmagic'):
        return VISUALIZERS.build(
            dict(cfg, save_dir=str(folder), name=str(folder))
        )


def test_scalars_and_pictures_reach_both(tmp_path):
    visualizer = visualizer_of(Config.fromfile(RUNTIME).visualizer, tmp_path)
    picture = np.arange(8 * 6 * 3, dtype=np.uint8).reshape(8, 6, 3)
    visualizer.add_scalars({'loss_pix': 0.25}, step=7)
    visualizer.add_image('weight_maps', picture, step=7)
    visualizer.close()
    folder = tmp_path / 'vis_data'
    assert '"loss_pix": 0.25' in (folder / 'scalars.json').read_text()
    assert (folder / 'vis_image' / 'weight_maps_7.png').exists()
    events = EventAccumulator(str(folder)).Reload()
    (scalar,) = events.Scalars('loss_pix')
    assert (scalar.step, scalar.value) == (7, 0.25)
    (image,) = events.Images('weight_maps')
    assert (image.step, image.width, image.height) == (7, 6, 8)


@pytest.mark.parametrize(
    'error',
    [
        ImportError("cannot import name 'x' from 'google.protobuf'"),
        TypeError('Descriptors cannot be created directly.\nIf this call ...'),
    ],
)
def test_the_cause_is_told_when_tensorboard_cannot_start(
    tmp_path, monkeypatch, error
):
    class Broken:
        """Finds TensorBoard and fails to import it."""

        def find_spec(self, name, path=None, target=None):
            if name == 'torch.utils.tensorboard':
                raise error

    monkeypatch.delitem(sys.modules, 'torch.utils.tensorboard', False)
    monkeypatch.setattr(sys, 'meta_path', [Broken(), *sys.meta_path])
    backend = ROOT.build(
        {
            'type': 'adacode_mm.TensorBoardBackend',
            'save_dir': str(tmp_path),
        }
    )
    with pytest.raises(ConfigError) as caught:
        backend.add_scalar('loss', 0.0)
    assert str(error).split('\n')[0].rstrip('.') in str(caught.value)
    assert '\n' not in str(caught.value)
    assert 'pip install tensorboard' in str(caught.value)


@pytest.fixture
def wandb(monkeypatch):
    """What Weights & Biases is told."""
    module = ModuleType('wandb')
    module.told = []
    module.init = lambda **kwargs: module.told.append(('init', kwargs))
    module.log = lambda values, commit: module.told.append(('log', values))
    module.Image = lambda image: image.shape
    module.join = lambda: None
    monkeypatch.setitem(sys.modules, 'wandb', module)
    return module


def test_wandb_by_the_line_in_the_config(tmp_path, wandb):
    text = RUNTIME.read_text()
    text, count = re.subn(r'# (dict\(type=.WandbVisBackend)', r'\1', text)
    assert count == 1
    (tmp_path / 'runtime.py').write_text(text)
    cfg = Config.fromfile(tmp_path / 'runtime.py')
    check_config(cfg)
    visualizer = visualizer_of(cfg.visualizer, tmp_path / 'run')
    visualizer.add_scalars({'loss_pix': 0.5}, step=3)
    visualizer.add_image('codebook0', np.zeros((4, 5, 3), np.uint8), 3)
    visualizer.close()
    (_, options), *logged = wandb.told
    assert options['project'] == 'adacode'
    assert options['dir'] == str(tmp_path / 'run' / 'vis_data')
    assert logged == [
        ('log', {'loss_pix': 0.5}),
        ('log', {'codebook0': (4, 5, 3)}),
    ]


def test_wandb_in_place_of_tensorboard_from_the_command_line(tmp_path, wandb):
    option = {'visualizer.vis_backends.1.type': 'WandbVisBackend'}
    cfg = load_config(TINY / 'stage1_arch.py', cfg_options=option)
    visualizer = visualizer_of(cfg.visualizer, tmp_path)
    visualizer.add_scalars({'loss_pix': 0.5}, step=3)
    visualizer.close()
    assert ('log', {'loss_pix': 0.5}) in wandb.told
    assert not list(tmp_path.rglob('events.*'))
