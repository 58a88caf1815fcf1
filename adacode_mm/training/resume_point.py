"""Where `--resume` goes on."""

import glob
import logging
import os
import zipfile
import zlib

from mmengine.config import Config
from mmengine.logging import print_log

from adacode_mm.checkpoints.find_checkpoint import (
    find_last_checkpoint,
    saved_checkpoints,
)
from adacode_mm.core.exceptions import CheckpointError


def set_resume_point(cfg: Config) -> None:
    """Name the checkpoint to resume from, in place, in a config.

    A `load_from` of the config is kept: then that file is resumed. Otherwise
    it is the last checkpoint in the work directory. If the training was
    killed before its first one, it starts from the beginning. The checksums
    of the file are compared.

    Args:
        cfg: Config with a work directory.

    Raises:
        CheckpointError: If nothing was trained there, or another config was,
            or the checkpoint is damaged.
    """
    cfg.resume = True
    if cfg.get('load_from'):
        _check_whole(cfg)
        return
    work_dir, own = cfg.work_dir, os.path.basename(cfg.filename or '')
    # The runner leaves a copy of its config before the first iteration.
    there = sorted(map(os.path.basename, _matches(work_dir, '*.py')))
    if own and there and own not in there:
        raise CheckpointError(
            f'To resume, {work_dir!r} must hold a training of {own}, but it '
            f'holds one of {", ".join(there)}: give the work directory of '
            f'this config with --work-dir, or a checkpoint with --cfg-options '
            f'load_from=FILE.'
        )
    cfg.load_from = find_last_checkpoint(work_dir)
    if cfg.load_from is not None:
        _check_whole(cfg)
    else:
        # A log comes before that copy, for a kill while networks are built.
        if not there and not _matches(work_dir, '*_*', '*.log'):
            raise CheckpointError(
                f'To resume, there must be a checkpoint in {work_dir!r}, but '
                f'nothing was trained there: give the right folder with '
                f'--work-dir, or start without --resume.'
            )
        cfg.resume = False
        print_log(
            f'The training in {work_dir!r} was stopped before its first '
            f'checkpoint: it starts from the beginning.',
            level=logging.WARNING,
        )


def _check_whole(cfg):
    """See that a checkpoint on this disk is as it was written."""
    path = cfg.load_from
    problem = damage(path) if os.path.isfile(path) else None
    if problem is None:
        return
    others = [each for each in saved_checkpoints(cfg.work_dir) if each != path]
    whole = next((each for each in others if damage(each) is None), None)
    advice = 'no other checkpoint there is whole: start without --resume.'
    if whole is not None:
        advice = (
            f'the newest whole one is {whole}: go on from it with python '
            f'tools/train.py {cfg.filename or "CONFIG"} --work-dir '
            f'{cfg.work_dir} --resume --cfg-options load_from={whole}'
        )
    raise CheckpointError(
        f'The checkpoint {path} is damaged ({problem}); {advice}'
    )


def damage(path: str | os.PathLike) -> str | None:
    """What is wrong with a file that PyTorch has written; None if nothing.

    PyTorch's files are zip archives with a checksum for each tensor, which
    its reader does not look at.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            wrong = archive.testzip()
    except (zipfile.BadZipFile, OSError, EOFError, ValueError) as error:
        return str(error) or type(error).__name__
    except (zlib.error, NotImplementedError, RuntimeError) as error:
        return str(error)
    return wrong and f'the checksum of {wrong} differs'


def earlier_checkpoint(cfg: Config) -> str | None:
    """Sentence about a work directory that a new training shares.

    Args:
        cfg: Config of a training, before it starts.

    Returns:
        What a later `--resume` may do; None if the training is resumed, or
        the folder has no checkpoint.
    """
    last = None if cfg.get('resume') else find_last_checkpoint(cfg.work_dir)
    if last is None:
        return None
    return (
        f'{cfg.work_dir!r} holds checkpoints of an earlier training, and this '
        f'one starts from the beginning: until it has written its own, '
        f'--resume would go on from {os.path.basename(last)} of the other.'
    )


def _matches(folder, *pattern):
    return glob.glob(os.path.join(glob.escape(folder), *pattern))
