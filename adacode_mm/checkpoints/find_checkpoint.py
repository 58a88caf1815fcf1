"""The checkpoint that a path or a training folder stands for."""

import glob
import os
import re

from adacode_mm.core.exceptions import CheckpointError


def find_checkpoint(path: str | os.PathLike) -> str:
    """Path of a checkpoint file.

    Args:
        path: A file, or the work directory of a training: then its best
            checkpoint (`best_*.pth`, the newest one), or the last one if no
            best one was kept.

    Raises:
        CheckpointError: If there is no such file.
    """
    path = os.fspath(path)
    if os.path.isfile(path):
        return path
    best = glob.glob(os.path.join(glob.escape(path), 'best_*.pth'))
    if best:
        return max(best, key=os.path.getmtime)
    last = _pointed_to(path)
    if last is not None:
        return last
    raise CheckpointError(
        f'There must be a checkpoint file or a training folder with one at '
        f'{path!r}, but there is none: run the stage that writes it, or give '
        f'the right path.'
    )


def find_last_checkpoint(work_dir: str | os.PathLike) -> str | None:
    """Checkpoint to resume the training of a work directory from.

    Returns:
        The one that `last_checkpoint` names; if there is no such file, which
        some other writer may have caused, that of the highest iteration; None
        if there is none at all.
    """
    work_dir = os.fspath(work_dir)
    last = _pointed_to(work_dir)
    return last or next(iter(saved_checkpoints(work_dir)), None)


def saved_checkpoints(work_dir: str | os.PathLike) -> list[str]:
    """Files `iter_N.pth` of a work directory, that of the highest N first."""
    pattern = os.path.join(glob.escape(os.fspath(work_dir)), 'iter_*.pth')
    numbered = {
        int(match[1]): path
        for path in glob.glob(pattern)
        if (match := re.search(r'iter_(\d+)\.pth$', path))
    }
    return [numbered[n] for n in sorted(numbered, reverse=True)]


def _pointed_to(folder):
    pointer = os.path.join(folder, 'last_checkpoint')
    if not os.path.isfile(pointer):
        return None
    with open(pointer, encoding='utf-8', errors='replace') as file:
        # The folder may have been moved since.
        name = os.path.basename(file.read().strip())
    if not name.isprintable():
        return None  # damaged
    last = os.path.join(folder, name)
    return last if os.path.isfile(last) else None
