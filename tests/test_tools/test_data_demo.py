"""The data demo on three photographs: the whole chain, twice."""

import json
import sys

import adacode_mm  # noqa: F401  # isort: skip  (before MMagic)
import cv2
import numpy as np
import pytest


@pytest.fixture
def demo(monkeypatch, tmp_path):
    """`data_demo` with fewer photographs, writing to a folder."""
    from benchmarks.demo import data_demo

    few = {
        'architecture': data_demo.TRAINING['architecture'][:1],
        'portrait': data_demo.TRAINING['portrait'],
    }
    monkeypatch.setattr(data_demo, 'TRAINING', few)
    monkeypatch.setattr(sys, 'argv', ['demo', '--out', str(tmp_path)])
    return data_demo


def test_the_whole_chain_runs_and_runs_again(demo, tmp_path, capsys):
    demo.main()
    out = capsys.readouterr().out
    assert 'RANDOM weights' in out and 'mean nothing' in out
    patches = sorted((tmp_path / 'patches').glob('*.png'))
    # 640x427 and 451x300 in steps of 256, and one of the face.
    assert len(patches) == 6 + 4 + 1
    listed = []
    for split in ('train', 'valid'):
        path = tmp_path / 'annotations' / f'{split}.txt'
        listed += path.read_text().split()
    assert sorted(listed) == [path.name for path in patches]
    for folder, side in (
        ('patches', 256),
        ('patches_LR_X2', 128),
        ('patches_LR_X4', 64),
        ('patches_masks', 256),
        ('patches_inpaint', 256),
    ):
        for path in patches:
            image = cv2.imread(str(tmp_path / folder / path.name))
            assert image.shape == (side, side, 3)
            assert image.std() > 5
    for task in ('stage2 ', 'stage3_sr_x4 ', 'stage3_inpaint '):
        (line,) = (line for line in out.splitlines() if task in line)
        train, valid = map(int, line.split()[1:3])
        assert train + valid == 11
    for name in ('degraded', 'masks', 'annotations/contact_sheet_portrait'):
        sheet = cv2.imread(str(tmp_path / f'{name}.png'))
        assert sheet.shape[1] > 800
        assert len(np.unique(sheet)) > 200  # photographs, not only paper
    demo.main()
    again = capsys.readouterr().out
    assert again.count(': 0 done') == 6
    table = out.split('== 5')[1].split('== 6')[0]
    assert again.split('== 5')[1].split('== 6')[0] == table


def test_the_face_is_a_portrait_by_force(demo, tmp_path, monkeypatch):
    demo.copy_photographs(tmp_path / 'raw')
    faces = [path.name for path in (tmp_path / 'raw' / 'faces').iterdir()]
    assert faces == ['astronaut.png']
    demo.run(
        'crop_patches.py',
        tmp_path / 'raw' / 'faces',
        '--out',
        tmp_path / 'patches',
        '--ffhq',
        '--size',
        256,
    )
    manifest = (tmp_path / 'patches' / 'manifest.jsonl').read_text()
    assert json.loads(manifest)['source'] == 'faces/astronaut.png'


def test_a_tool_that_fails_ends_the_demo(demo, tmp_path):
    message = r'make_masks\.py has failed: .* found nothing there\.'
    with pytest.raises(demo.InputError, match=message):
        demo.run('make_masks.py', tmp_path / 'none')
    assert sys.argv[0] == 'demo'  # as before
