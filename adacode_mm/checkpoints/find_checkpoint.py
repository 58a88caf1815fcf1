"""The checkpoint that a path or a training folder stands for."""

import glob
import os

from adacode_mm.exceptions import CheckpointError


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
    pointer = os.path.join(path, 'last_checkpoint')
    if os.path.isfile(pointer):
        with open(pointer) as file:
            # The folder may have been moved since.
            last = os.path.join(path, os.path.basename(file.read().strip()))
        if os.path.isfile(last):
            return last
    raise CheckpointError(
        f'There must be a checkpoint file or a training folder with one at '
        f'{path!r}, but there is none: run the stage that writes it, or give '
        f'the right path.'
    )
