"""The data demo on two photographs: the whole chain, twice."""

import cv2
import numpy as np
import pytest

import adacode_mm  # noqa: F401
from adacode_mm.core.exceptions import InputError
from benchmarks.demo import data_demo


def test_the_whole_chain_runs_and_runs_again(tmp_path, monkeypatch, capfd):
    few = {
        'architecture': data_demo.TRAINING['architecture'][:1],
        'portrait': data_demo.TRAINING['portrait'],
    }
    monkeypatch.setattr(data_demo, 'TRAINING', few)
    data_demo.prepare_data(tmp_path)
    assert 'RANDOM' in capfd.readouterr().out
    patches = sorted((tmp_path / 'patches').glob('*.png'))
    # 640x427 and 451x300 in steps of 256, and one of the face.
    assert len(patches) == 6 + 4 + 1
    listed = []
    for split in ('train', 'valid'):
        path = tmp_path / 'annotations' / f'{split}.txt'
        listed += path.read_text().split()
    assert sorted(listed) == [path.name for path in patches]
    portraits = [
        (tmp_path / f'annotations/portrait_{split}.txt').read_text()
        for split in ('train', 'valid')
    ]
    assert 'astronaut' in ''.join(portraits)  # by force
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
    for name in ('sheet', 'annotations/contact_sheet_portrait'):
        sheet = cv2.imread(str(tmp_path / f'{name}.png'))
        assert len(np.unique(sheet)) > 200  # photographs, not only paper
    stamps = {path: path.stat().st_mtime_ns for path in patches}
    data_demo.prepare_data(tmp_path)
    assert stamps == {path: path.stat().st_mtime_ns for path in patches}


def test_a_tool_that_fails_ends_the_demo(tmp_path):
    with pytest.raises(InputError, match=r'make_masks\.py'):
        data_demo.run('make_masks.py', tmp_path / 'none')
