"""A function on many items, over processes, that nothing brings down."""

import multiprocessing
import os
import signal
import sys
import warnings
from collections.abc import Callable, Iterable
from contextlib import contextmanager, suppress
from multiprocessing.connection import wait
from typing import Any

from adacode_mm.core.exceptions import InputError, OutputError
from adacode_mm.work.report import Books, Fate, fate_of

GRACE = 5  # seconds


def run_processes(
    function: Callable[[Any], Any],
    items: Iterable[tuple[str, Any]],
    books: Books,
    *,
    workers: int | None = None,
    start_method: str | None = None,
) -> None:
    """Call a function on every item, in worker processes.

    One bad item does not stop the batch: what the function raises for it is
    its fate, and so is the death of its process (for want of memory, say),
    which a new one replaces. `OutputError` does stop it, and so does Ctrl-C;
    nothing that was handed to the books is lost. Which worker takes an item
    and when must not matter for the result: seed by its name.

    Args:
        function: Takes the argument of an item and returns its result or its
            `Fate`. It runs in another process: a function of a module, or a
            `partial` of one. It raises `SkippedItem` for what is left out on
            purpose, `InputError` for what cannot be done, and `OutputError`
            (as `write_atomically` does) if results cannot be written.
        items: (name, argument) of every item.
        books: Get the fate of every item in the order in which they end.
        workers: Number of processes; by default, one for each core that this
            process may use.
        start_method: As of `multiprocessing`. By default 'fork' where there
            is one, since a worker then costs nothing to start, else 'spawn'.

    Raises:
        InputError: If `workers` is not positive, or the function says that
            nothing can be done at all.
    """
    items = list(items)
    if workers is None:
        workers = available_cores()
    if workers < 1:
        raise InputError(f'Expected at least 1 worker, got {workers}.')
    context = multiprocessing.get_context(start_method or _start_method())
    batch = _Batch(function, items, books, context)
    try:
        with books.report.timed(), _one_thread_of_opencv():
            batch.run(min(workers, len(items)))
    except KeyboardInterrupt:
        books.report.interrupt()
        batch.take_answers()
    finally:
        batch.close()


def available_cores() -> int:
    """Number of cores that this process may use, at least 1."""
    if hasattr(os, 'sched_getaffinity'):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class _Batch:
    """The workers of one batch, and what is left to do."""

    def __init__(self, function, items, books, context):
        self.function = function
        self.waiting = items[::-1]
        self.books = books
        self.context = context
        self.workers: list[_Worker] = []

    def run(self, count):
        for _ in range(count):
            self._start_worker()
        for worker in list(self.workers):
            self._next(worker)
        while self.workers and not self.books.stopped:
            busy = {worker.connection: worker for worker in self.workers}
            for connection in wait(list(busy)):
                self._receive(busy[connection])
        self.take_answers()

    def take_answers(self):
        """Keep what is finished, before the workers are ended."""
        for worker in self.workers:
            if worker.connection.poll():
                fate = worker.receive()
                if fate is not None:
                    self.books.settle(worker.item, fate)

    def close(self):
        for worker in self.workers:
            worker.stop()
        self.workers.clear()

    def _start_worker(self):
        others = [worker.connection for worker in self.workers]
        worker = _Worker(self.context, self.function, others)
        self.workers.append(worker)
        return worker

    def _next(self, worker):
        """Give a worker something to do or send it home."""
        if not self.waiting:
            worker.dismiss()
            self.workers.remove(worker)
            return
        item = self.waiting.pop()
        try:
            self.books.begin(item[1])
        except OutputError as error:
            self.books.settle(item, Fate.of(error))
        else:
            worker.give(item)

    def _receive(self, worker):
        item = worker.item
        fate = worker.receive()
        if fate is None:
            worker.stop()
            self.workers.remove(worker)
            fate = Fate('failed', worker.death())
            worker = self._start_worker() if self.waiting else None
        self.books.settle(item, fate)
        self.books.bar.computed()
        if worker is not None and not self.books.stopped:
            self._next(worker)


class _Worker:
    """A worker process as seen from the process that started it.

    It has at most one item at a time, so that its death has a name. It ends
    when this process ends, by whatever signal: its pipe closes.
    """

    def __init__(self, context, function, others):
        self.connection, theirs = context.Pipe()
        inherited = []
        if context.get_start_method() == 'fork':
            # This process's ends of the other workers' pipes.
            inherited = [*others, self.connection]
        self.process = context.Process(
            target=_work, args=(theirs, function, inherited), daemon=True
        )
        with warnings.catch_warnings():
            # Python 3.12 warns of any thread, also of those that OpenCV and
            # PyTorch keep and that a worker does not need.
            warnings.filterwarnings('ignore', '.*fork', DeprecationWarning)
            self.process.start()
        theirs.close()
        self.item = ('', None)

    def give(self, item):
        """Hand out an item; the answer comes through `connection`."""
        self.item = item
        with suppress(OSError):  # it has died: `receive` sees to that
            self.connection.send(item[1])

    def receive(self):
        """Fate of the last item; None if the process has died."""
        try:
            return self.connection.recv()
        except (EOFError, OSError):
            return None

    def death(self):
        """Why there was no answer, as a sentence."""
        code = self.process.exitcode
        if code is not None and code < 0:
            cause = signal.Signals(-code).name
        else:
            cause = f'exit code {code}'
        hint = ' (is there too little memory?)' if code == -9 else ''
        return f'Its worker process was ended by {cause}{hint}.'

    def dismiss(self):
        """Let it end, there being nothing left to do."""
        self.connection.close()
        self.process.join()

    def stop(self):
        """End it at once, whatever it is doing."""
        self.process.join(0)
        if self.process.is_alive():
            self.process.terminate()
            self.process.join(GRACE)
        if self.process.is_alive():
            self.process.kill()
        self.process.join()
        self.connection.close()


def _work(connection, function, inherited):
    """What a worker process runs."""
    # Ctrl-C reaches every process of a terminal: the first one decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for other in inherited:
        other.close()
    with _one_thread_of_opencv():
        while True:
            try:
                argument = connection.recv()
                connection.send(fate_of(function, argument))
            except (EOFError, OSError):
                return


@contextmanager
def _one_thread_of_opencv():
    """Also before a fork: OpenCV would wait for threads it has not copied."""
    cv2 = sys.modules.get('cv2')
    if cv2 is None:
        yield
        return
    threads = cv2.getNumThreads()
    if threads != 1:
        cv2.setNumThreads(1)
    try:
        yield
    finally:
        if threads != 1:
            cv2.setNumThreads(threads)


def _start_method():
    methods = multiprocessing.get_all_start_methods()
    return 'fork' if 'fork' in methods else 'spawn'
