"""Reads, computes and writes at the same time, in one process."""

import queue
import threading
from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Any, Protocol

from adacode_mm.work.report import Books, Fate, fate_of

HELD = 16_000_000  # pixels that wait for the network, besides one image
END = object()


class Task(Protocol):
    """What is done to the items of a batch.

    `load` runs in one thread, `compute` in the one that has called the
    pipeline, `save` in a third. Each may raise: `OutputError` ends the batch,
    anything else is the fate of that item. An engine of many processes sends
    the task to each of them before it is opened.
    """

    def open(self, threads: int | None = None) -> None:
        """Get ready, such as by loading a network; may be called again.

        Args:
            threads: How many to compute with; None leaves it to PyTorch.
        """

    def load(self, argument: Any) -> Any:
        """What `compute` needs of an item."""

    def size(self, loaded: Any) -> int:
        """Number of pixels."""

    def kind(self, loaded: Any) -> Hashable:
        """Only what is equal in this is computed together."""

    def compute(
        self, batch: list[Any], progress: Callable[[float, str], None]
    ) -> list[Any]:
        """Results of several items of one kind."""

    def save(self, argument: Any, result: Any) -> Fate:
        """Write a result for good; returns what the journal keeps."""


def do_one(task: Task, argument: Any) -> Fate:
    """All steps of one item, one after the other."""

    def steps():
        loaded = task.load(argument)
        (result,) = task.compute([loaded], lambda done, step: None)
        return task.save(argument, result)

    return fate_of(steps)


class Pipeline:
    """One pass over the items of a batch.

    Args:
        task: What is done to them; it is open.
        books: Get the fate of every item, (name, argument).
        batch_size: Most items that are computed together.
    """

    def __init__(self, task: Task, books: Books, batch_size: int = 1):
        self.task = task
        self.books = books
        self.batch_size = batch_size
        self._loaded = _PixelQueue(max(2, batch_size), HELD)
        self._results: queue.Queue = queue.Queue(1)
        self._stopped = threading.Event()
        self._defect: BaseException | None = None

    def run(self, items: Iterable[tuple[str, Any]]) -> None:
        """Do the work on every item, until the end, Ctrl-C or a full disk.

        What is computed when it is interrupted is still written; a second
        Ctrl-C does not wait for that.
        """
        self.books.bar.start()
        threads = [
            threading.Thread(target=self._guarded, args=each, daemon=True)
            for each in ((self._load_all, items), (self._save_all,))
        ]
        for thread in threads:
            thread.start()
        try:
            self._compute_all()
        except KeyboardInterrupt:
            self.books.report.interrupt()
        finally:
            self._stop()
            self._results.put(END)
            for thread in threads:
                thread.join()
        if self._defect is not None:
            raise self._defect

    def _guarded(self, function, *args):
        """Run a thread; what ends it by mistake is raised in `run`."""
        try:
            function(*args)
        except BaseException as error:
            self._defect = error
            self._stop()

    def _stop(self):
        self._stopped.set()
        self._loaded.close()

    def _load_all(self, items):
        try:
            for item in items:
                if self._stopped.is_set():
                    return
                fate = fate_of(self.task.load, item[1])
                if fate.kind == 'done':
                    size = self.task.size(fate.content)
                    self._loaded.put((item, fate.content), size)
                else:
                    self._settle(item, fate)
                    self.books.bar.failed()
        finally:
            self._loaded.put(END, 0)

    def _compute_all(self):
        for batch in self._batches():
            if self._stopped.is_set():
                return
            items, loaded = zip(*batch, strict=True)
            for item, result in self._compute(items, list(loaded)):
                self._results.put((item, result))

    def _batches(self) -> Iterator[list]:
        """Batches of one kind, in the order in which they get full."""
        waiting: dict[Hashable, list] = {}
        pixels = 0
        while (entry := self._loaded.get()) is not END:
            kind = self.task.kind(entry[1])
            waiting.setdefault(kind, []).append(entry)
            pixels += self.task.size(entry[1])
            full = len(waiting[kind]) == self.batch_size
            # Kinds that never get full must not pile up.
            count = sum(map(len, waiting.values()))
            if not full and (count >= 2 * self.batch_size or pixels > HELD):
                kind = max(waiting, key=lambda each: len(waiting[each]))
                full = True
            if full:
                batch = waiting.pop(kind)
                pixels -= sum(self.task.size(each) for _, each in batch)
                yield batch
        yield from waiting.values()

    def _compute(self, items, loaded):
        count, name = len(items), items[0][0]
        bar = self.books.bar
        fate = fate_of(
            self.task.compute,
            loaded,
            lambda done, _: bar.within(name, done, count),
        )
        if fate.kind == 'done':
            bar.computed(count)
            yield from zip(items, fate.content, strict=True)
        elif count == 1:
            self._settle(items[0], fate)
            bar.computed(1)
        else:  # one of them is bad, or all are too much at once
            for item, each in zip(items, loaded, strict=True):
                yield from self._compute([item], [each])

    def _save_all(self):
        results = iter(self._results.get, END)
        try:
            for item, result in results:
                fate = fate_of(self._save, item, result)
                self._settle(item, fate)
        except BaseException:
            self._stop()
            for _ in results:
                pass  # or `run` would wait for room in the queue
            raise

    def _save(self, item, result):
        self.books.begin(item[1])
        return self.task.save(item[1], result)

    def _settle(self, item, fate):
        self.books.settle(item, fate)
        if self.books.stopped:
            self._stop()


class _PixelQueue:
    """A queue that is full at a number of items or of pixels."""

    def __init__(self, items, pixels):
        self._limits = items, pixels
        self._content: list = []
        self._closed = False
        self._changed = threading.Condition()

    def put(self, item, pixels):
        """Add an item, as soon as there is room."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._has_room())
            self._content.append((item, pixels))
            self._changed.notify_all()

    def get(self):
        """The oldest item, as soon as there is one; `END` if closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._content)
            if self._closed:
                return END
            item, _ = self._content.pop(0)
            self._changed.notify_all()
            return item

    def close(self):
        """Let nobody wait any longer."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _has_room(self):
        items, pixels = self._limits
        held = sum(each for _, each in self._content)
        return len(self._content) < items and held < pixels
