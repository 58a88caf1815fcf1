import os

import pytest

from adacode_mm.checkpoints.find_checkpoint import find_checkpoint
from adacode_mm.core.exceptions import CheckpointError


@pytest.fixture
def folder(tmp_path):
    """A training folder; its name is a pattern to a careless search."""
    folder = tmp_path / 'run[1]'
    folder.mkdir()
    (folder / 'iter_1.pth').touch()
    (folder / 'iter_2.pth').touch()
    # as MMEngine writes it: the path at the time of the training
    (folder / 'last_checkpoint').write_text('/moved/run/iter_2.pth\n')
    return folder


def test_a_file_is_itself(folder):
    path = folder / 'iter_1.pth'
    assert find_checkpoint(path) == find_checkpoint(str(path)) == str(path)


def test_the_last_one_without_a_best_one(folder):
    assert find_checkpoint(folder) == str(folder / 'iter_2.pth')


def test_the_newest_best_one_first(folder):
    for name, age in (('best_PSNR_iter_9.pth', 50), ('best_a.pth', 10)):
        path = folder / name
        path.touch()
        now = path.stat().st_mtime
        os.utime(path, (now - age, now - age))
    assert find_checkpoint(folder) == str(folder / 'best_a.pth')


@pytest.mark.parametrize('damage', ['no folder', 'empty', 'gone'])
def test_nothing_there(folder, damage):
    if damage == 'no folder':
        folder = folder / 'none'
    elif damage == 'empty':
        (folder / 'last_checkpoint').unlink()
    else:
        (folder / 'iter_2.pth').unlink()
    with pytest.raises(
        CheckpointError, match=r'at .*run\[1\].*there is none: run the stage'
    ):
        find_checkpoint(folder)
