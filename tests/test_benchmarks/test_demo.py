"""The demos: data and configs of the training, the whole of the restoring."""

import cv2
import mmcv
import numpy as np
import pandas as pd
import pytest
from skimage.metrics import peak_signal_noise_ratio
from tiny_networks import tiny_network

from adacode_mm.checkpoints.model_file import save_model
from adacode_mm.restoring.restorer import Restorer
from benchmarks.tables.inputs import bicubic


def lines(folder, name):
    return (folder / 'annotations' / f'{name}.txt').read_text().split('\n')


def test_patches_are_cut_where_their_names_say(tmp_path):
    from benchmarks.demo.photographs import TRAINING, prepare

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
    from benchmarks.demo.photographs import prepare

    (tmp_path / 'data.unfinished').mkdir()
    (tmp_path / 'data.unfinished' / 'left.png').touch()
    prepare(tmp_path / 'data')
    assert [p.name for p in tmp_path.iterdir()] == ['data']
    assert not (tmp_path / 'data' / 'left.png').exists()
    stamp = (tmp_path / 'data').stat().st_mtime_ns
    prepare(tmp_path / 'data')  # finished: nothing to do
    assert (tmp_path / 'data').stat().st_mtime_ns == stamp


def test_the_held_out_photograph_is_in_no_training_set():
    from benchmarks.demo.photographs import HELD_OUT, TRAINING, read_held_out

    seen = [path for paths in TRAINING.values() for path in paths]
    assert HELD_OUT not in seen
    image = read_held_out()
    whole = mmcv.imread(str(HELD_OUT), channel_order='rgb')
    assert image.shape == (300, 448, 3)  # of 300x451
    assert np.array_equal(image, whole[:, :448])


def test_stages_read_the_data_and_each_other(tmp_path):
    from benchmarks.demo.train_demo import ITERATIONS, STAGE1, stage_config

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


def test_stages_build_without_the_adversarial_part(tmp_path):
    from mmengine.registry import DefaultScope

    from adacode_mm.registry import MODELS
    from benchmarks.demo.train_demo import stage_config

    cfg = stage_config('stage3_sr_x4', tmp_path)
    assert set(cfg.optim_wrapper) == {'constructor', 'generator'}
    (source,) = cfg.model.init_cfg.sources
    assert 'discriminator' not in source.parts
    with DefaultScope.overwrite_default_scope('mmagic'):
        editor = MODELS.build(cfg.model)
    assert editor.discriminator is None
    for target in source.parts:
        assert list(editor.get_submodule(target).parameters())


def test_photographs_are_spoilt_the_same_way_each_time():
    from benchmarks.demo.photographs import SKIMAGE
    from benchmarks.demo.restore_demo import CASES, spoil

    kinds = {(case.task, case.scale) for case in CASES}
    assert kinds == {('sr', 4), ('sr', 2), ('inpaint', 1)}
    for case in (CASES[0], CASES[-1]):
        spoilt, again = spoil(case), spoil(case)
        assert np.array_equal(spoilt.input, again.input)
        photo = mmcv.imread(str(SKIMAGE / case.file), channel_order='rgb')
        height, width = spoilt.truth.shape[:2]
        assert np.array_equal(spoilt.truth, photo[case.crop])
        small = (height // case.scale, width // case.scale, 3)
        assert spoilt.input.shape == small
    assert 0.02 < spoilt.mask.mean() < 0.6
    assert (spoilt.input[spoilt.mask] == 255).all()
    outside = ~spoilt.mask
    assert np.array_equal(spoilt.input[outside], spoilt.truth[outside])


def test_the_demo_restores_and_compares(tmp_path, monkeypatch):
    from benchmarks.demo import restore_demo

    sr = restore_demo.CASES[2]._replace(scale=4)
    fill = restore_demo.CASES[5]._replace(shown=True)
    crop, detail = np.s_[64:160, 180:276], np.s_[8:72, 8:72]
    cases = [x._replace(crop=crop, detail=detail) for x in (sr, fill)]
    monkeypatch.setattr(restore_demo, 'CASES', cases)
    files = {scale: str(tmp_path / f'{scale}.pth') for scale in (4, 1)}
    for scale, path in files.items():
        save_model(*tiny_network(scale), path)
    out = tmp_path / 'demo'
    # Those that are named count, and the package is not needed for them.
    table = restore_demo.run_demo(out, list(files.values()))
    names = [case.name for case in cases]
    assert {path.name for path in out.iterdir()} == {
        'demo.png',
        'results.csv',
        'results.md',
        *(f'{x}{y}.png' for x in names for y in ('', '_input', '_restored')),
    }
    rows = pd.read_csv(out / 'results.csv').set_index(['picture', 'method'])
    assert list(rows.index) == [
        (names[0], 'bicubic'),
        (names[0], 'ours'),
        (names[1], 'telea'),
        (names[1], 'ours'),
    ]
    enlarged, filled = map(restore_demo.spoil, cases)
    ours = mmcv.imread(str(out / f'{names[0]}_restored.png'))[..., ::-1]
    expected = Restorer.from_pretrained(files[4])(enlarged.input)
    assert np.array_equal(ours, expected)
    # Luma of BT.601 by OpenCV's rows of the same matrix.
    matrix = np.array([65.481, 128.553, 24.966]) / 255
    truth = enlarged.truth[4:-4, 4:-4] @ matrix + 16
    for method, image in (
        ('ours', ours),
        ('bicubic', bicubic(enlarged.input, 96, 96)),
    ):
        plane = image[4:-4, 4:-4] @ matrix + 16
        psnr = peak_signal_noise_ratio(truth, plane, data_range=255)
        found = rows.loc[(names[0], method), 'bt601/PSNR']
        assert found == pytest.approx(psnr, abs=0.01)
    holes = filled.mask.astype(np.uint8)
    telea = cv2.inpaint(filled.input, holes, 3, cv2.INPAINT_TELEA)
    difference = telea[filled.mask] - filled.truth[filled.mask].astype(int)
    psnr = 10 * np.log10(255**2 / np.mean(difference**2))
    found = rows.loc[(names[1], 'telea'), 'rgb/Hole-PSNR']
    assert found == pytest.approx(psnr, abs=1e-4)
    assert f'{psnr:.4g}' in table
    picture = mmcv.imread(str(out / 'demo.png'))
    assert picture.shape[1] == 4 * restore_demo.DETAIL_SIDE + 3 * 8
