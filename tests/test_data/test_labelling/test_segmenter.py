from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from tiny_segformer import INSTALLED, PHOTOS

import adacode_mm  # noqa: F401
from adacode_mm.core.exceptions import CheckpointError, ConfigError, InputError
from adacode_mm.core.fetching import cached_path
from adacode_mm.data.labelling import segmenter as module
from adacode_mm.data.labelling import segmenter_weights
from adacode_mm.data.labelling.network_identity import check_network
from adacode_mm.data.labelling.segmenter import Segmenter
from adacode_mm.data.labelling.segmenter_weights import (
    DEFAULT_CONFIG,
    DEFAULT_URL,
    find_weights,
)

NAMES = [
    'astronaut_256.png',
    'coffee_cup_128.png',
    'coffee_odd_131x97.png',  # another size than the others, in one call
    'chelsea_fur_128.png',
    'brick_gray_96.png',  # gray
]


def segmented_by_mmseg(config, checkpoint):
    """Label maps by the functions that mmsegmentation documents."""
    from mmseg.apis import inference_model, init_model

    with DefaultScope.overwrite_default_scope('mmseg'):
        model = init_model(config, checkpoint, device='cpu')
        results = [inference_model(model, str(PHOTOS / n)) for n in NAMES]
    return [result.pred_sem_seg.data[0].numpy() for result in results]


def test_equal_to_inference_model(segformer):
    segmenter = Segmenter(*segformer, 'cpu')
    images = [cv2.imread(str(PHOTOS / name)) for name in NAMES]
    found = segmenter([segmenter.prepare({'img': image}) for image in images])
    for image, labels, expected in zip(
        images, found, segmented_by_mmseg(*segformer), strict=True
    ):
        assert labels.shape == expected.shape == image.shape[:2]
        # The batch may change the last bit of a logit.
        assert (labels == expected).mean() > 0.999
        assert len(np.unique(expected)) > 3
    assert len(segmenter.classes) == 150 and segmenter.classes[7] == 'bed'


def test_scopes_are_left_alone(segformer):
    with DefaultScope.overwrite_default_scope('mmagic'):
        segmenter = Segmenter(*segformer, 'cpu')
        segmenter([segmenter.prepare({'img': np.zeros((64, 64, 3), 'u1')})])
        assert DefaultScope.get_current_instance().scope_name == 'mmagic'


def edited_checkpoint(segformer, tmp_path, edit):
    content = torch.load(segformer[1], weights_only=True)
    edit(content)
    path = tmp_path / 'edited.pth'
    torch.save(content, path)
    return str(path)


def test_a_network_is_never_partly_random(segformer, tmp_path):
    key = 'backbone.layers.0.0.projection.weight'

    def drop(content):
        del content['state_dict'][key]

    def reshape(content):
        content['state_dict'][key] = torch.zeros(3)

    for edit in (drop, reshape):
        path = edited_checkpoint(segformer, tmp_path, edit)
        with pytest.raises(CheckpointError, match=rf'1 of its tensors.*{key}'):
            Segmenter(segformer[0], path, 'cpu')

    def add(content):
        content['state_dict']['auxiliary_head.weight'] = torch.zeros(3)

    Segmenter(segformer[0], edited_checkpoint(segformer, tmp_path, add), 'cpu')


def test_classes_by_old_and_missing_statements(segformer, tmp_path):
    names = [f'name {n}' for n in range(150)]

    def of_mmseg_0(content):
        content['meta'] = {'CLASSES': names}

    path = edited_checkpoint(segformer, tmp_path, of_mmseg_0)
    assert Segmenter(segformer[0], path, 'cpu').classes == tuple(names)

    def unstated(content):
        del content['meta']

    path = edited_checkpoint(segformer, tmp_path, unstated)
    with pytest.warns(UserWarning, match='does not state its 150 classes'):
        assert Segmenter(segformer[0], path, 'cpu').classes[149] == 'flag'


def test_weights_are_files_or_fetched(segformer, tmp_path, monkeypatch):
    monkeypatch.setenv('ADACODE_CACHE', str(tmp_path))
    url = 'http://127.0.0.1:9/weights.pth'  # a closed port of this machine
    monkeypatch.setattr(segmenter_weights, 'DEFAULT_URL', url)
    for checkpoint in (None, url):
        with pytest.raises(CheckpointError) as error:
            find_weights(checkpoint)
        for part in (url, str(cached_path(url))):
            assert part in str(error.value)
    cached_path(url).write_bytes(b'')
    assert find_weights(None) == str(cached_path(url))
    with pytest.raises(CheckpointError, match=r'other\.py'):
        find_weights(None, 'other.py')
    with pytest.raises(CheckpointError, match=r'none\.pth'):
        find_weights('none.pth')
    assert find_weights(segformer[1]) == segformer[1]


def test_the_default_is_mit_b5_of_640_pixels():
    config = module.read_config(DEFAULT_CONFIG)
    assert config.model.backbone.num_layers == [3, 6, 40, 3]
    assert config.model.decode_head.num_classes == 150
    resize = next(s for s in config.test_pipeline if s['type'] == 'Resize')
    assert resize['scale'] == (2048, 640)
    # Published by mmsegmentation for this very config.
    metafile = Path(config.filename).with_name('metafile.yaml').read_text()
    assert f'Weights: {DEFAULT_URL}\n' in metafile


def test_a_config_that_cannot_be_used_is_named(tmp_path, monkeypatch):
    path = tmp_path / 'config.py'
    for text, message in (
        ('model = dict(', 'SyntaxError'),
        ('model = dict()', r"it has \['model'\]"),
    ):
        path.write_text(text)
        with pytest.raises(ConfigError, match=message):
            module.read_config(str(path))
    with pytest.raises(ConfigError, match=r"'mmseg::none\.py' must be a conf"):
        module.read_config('mmseg::none.py')
    monkeypatch.setattr(module, 'find_spec', lambda name: None)
    with pytest.raises(InputError, match=r"pip install 'adacode-mm\[seg\]'"):
        module.read_config(str(path))


def test_networks_are_not_mixed(segformer, tmp_path):
    config, checkpoint = segformer
    check_network(tmp_path, config, checkpoint, 0)
    check_network(tmp_path, config, checkpoint, 5)
    other = tmp_path / 'other.pth'
    other.write_bytes(Path(checkpoint).read_bytes() + b'0')
    with pytest.raises(InputError, match=r'The 5 results .*\(weights: '):
        check_network(tmp_path, config, str(other), 5)
    with pytest.raises(InputError, match=r'another network \(config: '):
        check_network(tmp_path, INSTALLED, checkpoint, 5)
    # Another name or schedule is not another network.
    renamed = tmp_path / 'renamed.py'
    content = Config.fromfile(config)
    content.dump(renamed)
    renamed.write_text(renamed.read_text() + '\nwork_dir = "elsewhere"\n')
    check_network(tmp_path, str(renamed), checkpoint, 5)
    # Without results there is nothing to mix.
    check_network(tmp_path, config, str(other), 0)
    with pytest.raises(InputError, match='another network'):
        check_network(tmp_path, config, checkpoint, 1)
