"""Removes what killed runs have left half written."""

from collections.abc import Iterable

from adacode_mm.core.atomic_files import remove_temporary_files

from .output_names import Job
from .runs import Run


def remove_unfinished(run: Run, jobs: Iterable[Job]) -> None:
    """Remove unfinished files of earlier runs, if no other is at work.

    What a run that starts at this moment writes is newer than this run and
    stays.

    Args:
        run: This one.
        jobs: Their outputs lie in the folders to look into.
    """
    if run.others():
        return
    folders = {job.output.parent for job in jobs}
    folders |= {job.memory.parent for job in jobs} | {run.folder}
    for folder in folders:
        if folder.is_dir():
            remove_temporary_files(folder, before=run.started)
