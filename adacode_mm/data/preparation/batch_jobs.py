"""A function on many items, over processes, that nothing brings down."""

import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from multiprocessing.connection import wait
from typing import Any

import cv2
from tqdm import tqdm

from adacode_mm.core.exceptions import InputError, OutputError
from adacode_mm.work.batch_report import BatchReport

from .worker import Worker

INTERRUPTED = 'Interrupted: call again to go on; what is finished is kept.'


def run_batch(
    function: Callable[[Any], Any],
    items: Iterable[tuple[str, Any]],
    report: BatchReport,
    *,
    workers: int | None = None,
    on_result: Callable[[str, Any], None] | None = None,
    start_method: str | None = None,
) -> None:
    """Call a function on every item, in worker processes, and report.

    One bad item does not stop the batch: what the function raises for it
    becomes a line of the report, and so does the death of its process (for
    want of memory, say), which a new one replaces. `OutputError` does stop
    it, and so does Ctrl-C; nothing that was handed to `on_result` is lost.
    Which worker takes an item and when must not matter for the result: seed
    by its name.

    Args:
        function: Takes the argument of an item and returns its result. It
            runs in another process: a function of a module, or a `partial`
            of one. It raises `SkippedItem` for what is left out on purpose,
            `InputError` for what cannot be done, and `OutputError` (as
            `write_atomically` does) if results cannot be written.
        items: (name, argument) of every item; the name is for the report.
        report: Gets the fate of the items; its `kept` and what the caller
            has put in already are left.
        workers: Number of processes; by default, one for each core that this
            process may use.
        on_result: Called here, in this process, with the name and the result
            of every item that is done, in the order in which they end.
        start_method: As of `multiprocessing`. By default 'fork' where there
            is one, since a worker then costs nothing to start, else 'spawn'.

    Raises:
        InputError: If `workers` is not positive.
    """
    items = list(items)
    if workers is None:
        workers = available_cores()
    if workers < 1:
        raise InputError(f'Expected at least 1 worker, got {workers}.')
    context = multiprocessing.get_context(start_method or _start_method())
    batch = _Batch(function, items, report, on_result, context)
    # Workers have one thread each. Set it here: in a forked process, OpenCV
    # would wait for threads that the fork has not copied.
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    started = time.perf_counter()
    try:
        batch.run(min(workers, len(items)))
    except KeyboardInterrupt:
        report.interrupted, report.stopped = True, INTERRUPTED
        batch.take_answers()
    except OutputError as error:
        report.stopped = str(error)
        batch.take_answers()
    finally:
        batch.close()
        cv2.setNumThreads(threads)
        report.seconds += time.perf_counter() - started


def available_cores() -> int:
    """Number of cores that this process may use, at least 1."""
    if hasattr(os, 'sched_getaffinity'):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class _Batch:
    """The workers of one batch, and what is left to do."""

    def __init__(self, function, items, report, on_result, context):
        self.function = function
        self.waiting = items[::-1]
        self.report = report
        self.on_result = on_result or (lambda name, result: None)
        self.context = context
        self.workers: list[Worker] = []
        self.bar = None
        self.total = len(items)

    def run(self, count):
        for _ in range(count):
            self._start_worker()
        # After the workers: the bar has a thread, which a fork would lose.
        self.bar = _progress_bar(self.report, self.total)
        for worker in list(self.workers):
            self._next(worker)
        while self.workers:
            busy = {worker.connection: worker for worker in self.workers}
            for connection in wait(list(busy)):
                self._receive(busy[connection])

    def take_answers(self):
        """Keep what is finished, before the workers are ended."""
        for worker in self.workers:
            if worker.connection.poll():
                answer = worker.receive()
                if answer is not None:
                    with suppress(OutputError):
                        self._sort(worker.name, *answer)

    def close(self):
        for worker in self.workers:
            worker.stop()
        self.workers.clear()
        if self.bar is not None:
            self.bar.close()

    def _start_worker(self):
        others = [worker.connection for worker in self.workers]
        worker = Worker(self.context, self.function, others)
        self.workers.append(worker)
        return worker

    def _next(self, worker):
        """Give a worker something to do or send it home."""
        if not self.waiting:
            worker.dismiss()
            self.workers.remove(worker)
            return
        worker.give(*self.waiting.pop())

    def _receive(self, worker):
        name = worker.name
        answer = worker.receive()
        if answer is None:
            worker.stop()
            self.workers.remove(worker)
            self.report.failed.append((name, worker.death()))
            worker = self._start_worker() if self.waiting else None
        else:
            self._sort(name, *answer)
        self.report.handled += 1
        self.bar.update()
        if worker is not None:
            self._next(worker)

    def _sort(self, name, kind, content):
        if kind == 'done':
            self.on_result(name, content)
            self.report.done += 1
        elif kind == 'stopped':
            raise OutputError(content)
        else:
            getattr(self.report, kind).append((name, content))


def _start_method():
    methods = multiprocessing.get_all_start_methods()
    return 'fork' if 'fork' in methods else 'spawn'


def _progress_bar(report, count):
    return tqdm(
        total=report.kept + count,
        initial=report.kept,
        unit=f' {report.unit}s',
        dynamic_ncols=True,
        # A log file gets a line now and then, not ten a second.
        mininterval=0.2 if sys.stderr.isatty() else 10,
    )
