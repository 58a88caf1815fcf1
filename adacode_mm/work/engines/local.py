"""This machine: one process, or several of one thread each."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from adacode_mm.core.exceptions import InputError
from adacode_mm.work.report import Books, Fate

from .pipeline import Pipeline, Task, do_one
from .processes import run_processes


def run_local(
    task: Task,
    items: Sequence[tuple[str, Any]],
    books: Books,
    *,
    workers: int = 1,
    batch_size: int = 1,
) -> None:
    """Do a task on every item.

    Args:
        task: What is done; it is opened here, or in each process.
        items: (name, argument) of each.
        books: Get the fate of each.
        workers: Number of processes. One reads and writes while it computes,
            with all cores; of several, each has one thread and its own copy
            of what the task opens.
        batch_size: Most items that one process computes together; several
            processes take one item at a time.

    Raises:
        InputError: If the task cannot be opened.
    """
    if workers == 1:
        task.open()
        with books.report.timed():
            Pipeline(task, books, batch_size).run(items)
        return
    # A fork would copy locks of PyTorch's threads as they happen to be.
    function = partial(_opened_one, task)
    run_processes(
        function, items, books, workers=workers, start_method='spawn'
    )


def _opened_one(task, argument):
    try:
        task.open(threads=1)
    except InputError as error:
        return Fate('unusable', str(error))
    return do_one(task, argument)
