"""The demo's data and configs; `make demo` itself runs for minutes."""

import sys
from pathlib import Path

import mmcv
import numpy as np
import pytest

TOOLS = Path(__file__).resolve().parents[2] / 'tools'


@pytest.fixture(autouse=True)
def demo_on_path(monkeypatch):
    monkeypatch.syspath_prepend(str(TOOLS / 'demo'))
    yield
    for name in ('photographs', 'stages'):
        sys.modules.pop(name, None)


def lines(folder, name):
    return (folder / 'annotations' / f'{name}.txt').read_text().split('\n')


def test_patches_are_cut_where_their_names_say(tmp_path):
    from photographs import TRAINING, prepare

    prepare(tmp_path / 'data')
    names = {p.name for p in (tmp_path / 'data/photos').iterdir()}
    listed = []
    for split in ('train', 'valid'):
        *all_names, end = lines(tmp_path / 'data', split)
        assert end == ''
        listed += all_names
        by_class = []
        for super_class in TRAINING:
            by_class += lines(tmp_path / 'data', f'{super_class}_{split}')[:-1]
        assert by_class == all_names
    assert sorted(listed) == sorted(names)  # each in one list, once
    # 512 pixels: four steps of 96, and the last patch at the border
    portrait = sorted(n for n in names if n.startswith('astronaut'))
    offsets = (0, 96, 192, 288, 384)
    assert portrait == [
        f'astronaut_{y:03d}_{x:03d}.png' for y in offsets for x in offsets
    ]
    photograph = mmcv.imread(str(TRAINING['portrait'][0]))
    patch = mmcv.imread(str(tmp_path / 'data/photos/astronaut_096_288.png'))
    assert np.array_equal(patch, photograph[96:224, 288:416])


def test_an_interrupted_preparation_starts_anew(tmp_path):
    from photographs import prepare

    (tmp_path / 'data.unfinished').mkdir()
    (tmp_path / 'data.unfinished' / 'left.png').touch()
    prepare(tmp_path / 'data')
    assert [p.name for p in tmp_path.iterdir()] == ['data']
    assert not (tmp_path / 'data' / 'left.png').exists()
    stamp = (tmp_path / 'data').stat().st_mtime_ns
    prepare(tmp_path / 'data')  # finished: nothing to do
    assert (tmp_path / 'data').stat().st_mtime_ns == stamp


def test_the_held_out_photograph_is_in_no_training_set():
    from photographs import HELD_OUT, TRAINING, read_held_out

    seen = [path for paths in TRAINING.values() for path in paths]
    assert HELD_OUT not in seen
    image = read_held_out()
    whole = mmcv.imread(str(HELD_OUT), channel_order='rgb')
    assert image.shape == (300, 448, 3)  # of 300x451
    assert np.array_equal(image, whole[:, :448])


def test_stages_read_the_data_and_each_other(tmp_path):
    from stages import ITERATIONS, STAGE1, last_checkpoint, stage_config

    cfg = stage_config('stage2', tmp_path)
    assert cfg.train_cfg.max_iters == ITERATIONS['stage2']
    assert cfg.param_scheduler.T_max == ITERATIONS['stage2']
    sources = cfg.model.init_cfg.sources
    assert [s.checkpoint for s in sources] == [
        str(tmp_path / stage) for stage in STAGE1
    ]
    for loader in (cfg.train_dataloader, cfg.val_dataloader):
        assert loader.dataset.data_root == str(tmp_path / 'data')
    cfg = stage_config('stage3_sr_x4', tmp_path)
    (source,) = cfg.model.init_cfg.sources
    assert source.checkpoint == str(tmp_path / 'stage2')
    path = last_checkpoint('stage2', tmp_path)
    assert path == tmp_path / f'stage2/iter_{ITERATIONS["stage2"]}.pth'


def test_stages_build_without_the_adversarial_part(tmp_path):
    from mmengine.registry import DefaultScope
    from stages import stage_config

    from adacode_mm.registry import MODELS

    cfg = stage_config('stage3_sr_x4', tmp_path)
    assert set(cfg.optim_wrapper) == {'constructor', 'generator'}
    (source,) = cfg.model.init_cfg.sources
    assert 'discriminator' not in source.parts
    with DefaultScope.overwrite_default_scope('mmagic'):
        editor = MODELS.build(cfg.model)
    assert editor.discriminator is None
    for target in source.parts:
        assert list(editor.get_submodule(target).parameters())
