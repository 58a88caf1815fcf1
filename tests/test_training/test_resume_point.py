"""Where `--resume` goes on, and what it says if it cannot."""

import os

import adacode_mm  # noqa: F401 isort: skip  (before MMagic)
import pytest
from tiny_stages import TINY

from adacode_mm.checkpoints.find_checkpoint import find_last_checkpoint
from adacode_mm.core.exceptions import CheckpointError
from adacode_mm.training.resume_point import (
    earlier_checkpoint,
    set_resume_point,
)
from adacode_mm.training.run_config import load_config


@pytest.fixture
def work_dir(tmp_path):
    """Of a training that has started; the name is a pattern, too."""
    folder = tmp_path / 'run[1]'
    folder.mkdir()
    (folder / 'stage1_arch.py').touch()
    return folder


def resume_point(work_dir, **options):
    cfg = load_config(
        TINY / 'stage1_arch.py', str(work_dir), cfg_options=options
    )
    set_resume_point(cfg)
    return cfg.load_from, cfg.resume


def write(folder, *iterations, last=None):
    for iteration in iterations:
        (folder / f'iter_{iteration}.pth').touch()
    if last is not None:
        (folder / 'last_checkpoint').write_text(last)


def test_the_last_checkpoint_also_of_a_moved_folder(work_dir):
    write(work_dir, 8, 12, last='/moved/run/iter_8.pth')
    expected = str(work_dir / 'iter_8.pth')
    assert resume_point(work_dir) == (expected, True)


@pytest.mark.parametrize('last', [None, '', '/moved/run/iter_20.pth'])
def test_the_highest_iteration_without_a_pointer(work_dir, last):
    write(work_dir, 8, 12, 9, last=last)
    (work_dir / '.unfinished-16').touch()
    (work_dir / 'best_val_PSNR_iter_14.pth').touch()
    assert find_last_checkpoint(work_dir) == str(work_dir / 'iter_12.pth')


def test_a_given_checkpoint_is_the_one(work_dir):
    write(work_dir, 8, last='iter_8.pth')
    assert resume_point(work_dir, load_from='a.pth') == ('a.pth', True)


def test_a_training_without_checkpoint_starts_anew(work_dir, capfd):
    assert resume_point(work_dir) == (None, False)
    assert 'stopped before its first checkpoint' in capfd.readouterr().out


def test_a_training_killed_while_it_was_built_starts_anew(tmp_path):
    log = tmp_path / '20260101_000000' / '20260101_000000.log'
    log.parent.mkdir()
    log.touch()
    assert resume_point(tmp_path) == (None, False)


def test_a_new_training_beside_old_checkpoints_says_so(work_dir):
    cfg = load_config(TINY / 'stage1_arch.py', str(work_dir))
    assert earlier_checkpoint(cfg) is None
    write(work_dir, 8, last='iter_8.pth')
    assert 'go on from iter_8.pth of the other' in earlier_checkpoint(cfg)
    set_resume_point(cfg)
    assert earlier_checkpoint(cfg) is None


@pytest.mark.parametrize('kind', ['none', 'empty'])
def test_a_folder_in_which_nothing_was_trained(tmp_path, kind):
    folder = tmp_path / kind
    if kind == 'empty':
        folder.mkdir()
    with pytest.raises(
        CheckpointError, match=rf'in .*{kind}.*nothing was trained there'
    ):
        resume_point(folder)
    assert kind == 'empty' or not os.path.exists(folder)


def test_the_folder_of_another_config(work_dir):
    """Its checkpoints may well have the same shapes."""
    (work_dir / 'stage1_arch.py').rename(work_dir / 'stage1_nature.py')
    write(work_dir, 8, last='iter_8.pth')
    with pytest.raises(
        CheckpointError,
        match=r'a training of stage1_arch\.py, but it holds one of '
        r'stage1_nature\.py: give the work directory',
    ):
        resume_point(work_dir)
