"""Where `--resume` goes on, and what it says if it cannot."""

import copy
import os
from types import SimpleNamespace

import adacode_mm  # noqa: F401 isort: skip  (before MMagic)
import pytest
import torch
from tiny_stages import TINY

from adacode_mm.checkpoints.find_checkpoint import find_last_checkpoint
from adacode_mm.core.exceptions import CheckpointError
from adacode_mm.training.hooks.resumable_checkpoint_hook import (
    ResumableCheckpointHook,
)
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
        content = {'weight': torch.arange(4096.0) * iteration}
        torch.save(content, folder / f'iter_{iteration}.pth')
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
    assert repr(str(work_dir)) in capfd.readouterr().out


def test_a_training_killed_while_it_was_built_starts_anew(tmp_path):
    log = tmp_path / '20260101_000000' / '20260101_000000.log'
    log.parent.mkdir()
    log.touch()
    assert resume_point(tmp_path) == (None, False)


def test_a_new_training_beside_old_checkpoints_says_so(work_dir):
    cfg = load_config(TINY / 'stage1_arch.py', str(work_dir))
    assert earlier_checkpoint(cfg) is None
    write(work_dir, 8, last='iter_8.pth')
    assert 'iter_8.pth' in earlier_checkpoint(cfg)
    set_resume_point(cfg)
    assert earlier_checkpoint(cfg) is None


@pytest.mark.parametrize('kind', ['none', 'empty'])
def test_a_folder_in_which_nothing_was_trained(tmp_path, kind):
    folder = tmp_path / kind
    if kind == 'empty':
        folder.mkdir()
    with pytest.raises(CheckpointError) as caught:
        resume_point(folder)
    assert repr(str(folder)) in str(caught.value)
    assert kind == 'empty' or not os.path.exists(folder)


def test_the_folder_of_another_config(work_dir):
    """Its checkpoints may well have the same shapes."""
    (work_dir / 'stage1_arch.py').rename(work_dir / 'stage1_nature.py')
    write(work_dir, 8, last='iter_8.pth')
    with pytest.raises(CheckpointError) as caught:
        resume_point(work_dir)
    for fact in ('stage1_arch.py', 'stage1_nature.py', '--work-dir'):
        assert fact in str(caught.value)


def flip_a_byte(content):
    middle = len(content) // 2
    flipped = bytes([content[middle] ^ 1])
    return content[:middle] + flipped + content[middle + 1 :]


DAMAGES = {
    'one flipped byte': flip_a_byte,
    'truncated': lambda content: content[: len(content) // 2],
    'empty': lambda content: b'',
    'something else': lambda content: b'<html>' * 99,
}


@pytest.mark.parametrize('damage', DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_checkpoint_is_not_resumed(work_dir, damage):
    """The message names the newest whole one and how to go on from it."""
    write(work_dir, 4, 8, 12, 16, last='iter_16.pth')
    for iteration in (12, 16):
        path = work_dir / f'iter_{iteration}.pth'
        path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(CheckpointError) as caught:
        resume_point(work_dir)
    message = str(caught.value)
    whole = work_dir / 'iter_8.pth'
    assert '\n' not in message
    assert str(work_dir / 'iter_16.pth') in message
    command = f'--work-dir {work_dir} --resume --cfg-options load_from={whole}'
    assert message.endswith(command)
    # and it is
    assert resume_point(work_dir, load_from=str(whole)) == (str(whole), True)


def test_a_damaged_pointer_is_as_good_as_none(work_dir):
    write(work_dir, 8, 12)
    for content in (os.urandom(64), b'a\0b', b'\xff\xfe.pth'):
        (work_dir / 'last_checkpoint').write_bytes(content)
        assert resume_point(work_dir)[0] == str(work_dir / 'iter_12.pth')


WHOLE = {
    'meta': {'iter': 1, 'epoch': 0},
    'message_hub': {},
    'optimizer': {},
    'state_dict': {},
}


@pytest.mark.parametrize('lost', ['meta', 'message_hub', 'optimizer', 'iter'])
def test_a_file_that_no_training_can_go_on_from(lost):
    content = copy.deepcopy(WHOLE)
    (content['meta'] if lost == 'iter' else content).pop(lost)
    runner = SimpleNamespace(
        _resume=True, _load_from='best_1.pth', param_schedulers=None
    )
    with pytest.raises(CheckpointError) as caught:
        ResumableCheckpointHook(1).after_load_checkpoint(runner, content)
    for fact in ('best_1.pth', lost, '--resume', 'load_from=best_1.pth'):
        assert fact in str(caught.value)
    runner._resume = False  # its weights alone are wanted
    ResumableCheckpointHook(1).after_load_checkpoint(runner, content)
