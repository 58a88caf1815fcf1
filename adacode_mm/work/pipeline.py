"""Read, compute and write at the same time, and let nothing bring it down."""

import queue
import threading
from collections.abc import Callable, Hashable, Iterable, Iterator
from enum import Enum
from typing import Any, Protocol

from adacode_mm.core.exceptions import OutputError

from .batch_report import BatchReport
from .pixel_queue import END, PixelQueue
from .progress_bar import ProgressBar
from .reasons import reason_of

INTERRUPTED = 'Interrupted: call again to go on; what is finished is kept.'
HELD = 16_000_000  # pixels that wait for the network, besides one image


class Nothing(Enum):
    """Why there is nothing to do for an item."""

    FINISHED = 'by an earlier run'
    ELSEWHERE = 'another run is at it'


class Work(Protocol):
    """What is done to the items of a pipeline.

    `load` runs in one thread, `compute` in the one that has called the
    pipeline, `save` in a third. Each may raise: `OutputError` ends the batch,
    anything else is the fate of that item.
    """

    def name(self, item: Any) -> str:
        """How the report calls an item."""

    def load(self, item: Any) -> Any:
        """What `compute` needs, or `Nothing`."""

    def size(self, loaded: Any) -> int:
        """Number of pixels."""

    def kind(self, loaded: Any) -> Hashable:
        """Only what is equal in this is computed together."""

    def compute(
        self, batch: list[Any], progress: Callable[[float, str], None]
    ) -> list[Any]:
        """Results of several items of one kind."""

    def save(self, item: Any, result: Any) -> list[str]:
        """Write a result for good; returns remarks on it."""

    def drop(self, item: Any) -> None:
        """The item has failed, in whatever step."""


class Pipeline:
    """One pass over the items of a batch.

    Args:
        work: What is done to them.
        report: Gets the fate of every item.
        bar: Shows how far it is.
        batch_size: Most items that are computed together.

    Attributes:
        elsewhere: Items that other runs were at.
    """

    def __init__(
        self,
        work: Work,
        report: BatchReport,
        bar: ProgressBar,
        batch_size: int = 1,
    ):
        self.work = work
        self.report = report
        self.bar = bar
        self.batch_size = batch_size
        self.elsewhere: list[Any] = []
        self._loaded = PixelQueue(max(2, batch_size), HELD)
        self._results: queue.Queue = queue.Queue(1)
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._defect: BaseException | None = None

    def run(self, items: Iterable[Any]) -> None:
        """Do the work on every item, until the end, Ctrl-C or a full disk.

        What is computed when it is interrupted is still written; a second
        Ctrl-C does not wait for that.
        """
        threads = [
            threading.Thread(target=self._guarded, args=each, daemon=True)
            for each in ((self._load_all, items), (self._save_all,))
        ]
        for thread in threads:
            thread.start()
        try:
            self._compute_all()
        except KeyboardInterrupt:
            self.report.interrupted = True
            self.report.stopped = INTERRUPTED
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
                try:
                    loaded = self.work.load(item)
                except Exception as error:
                    self._fail(item, error)
                    self.bar.failed()
                    continue
                if loaded is Nothing.FINISHED:
                    self.report.kept += 1
                    self.bar.keep()
                elif loaded is Nothing.ELSEWHERE:
                    self.elsewhere.append(item)
                else:
                    self._loaded.put((item, loaded), self.work.size(loaded))
        finally:
            self._loaded.put(END, 0)

    def _compute_all(self):
        for batch in self._batches():
            if self._stopped.is_set():
                return
            items, loaded = zip(*batch, strict=True)
            for item, result in self._compute(items, list(loaded)):
                self._results.put((item, result))

    def _batches(self) -> Iterator[list[tuple[Any, Any]]]:
        """Items of one kind; a few wait until there are more of theirs."""
        waiting: dict[Hashable, list] = {}
        pixels = 0
        while (pair := self._loaded.get()) is not END:
            kind = self.work.kind(pair[1])
            waiting.setdefault(kind, []).append(pair)
            pixels += self.work.size(pair[1])
            full = len(waiting[kind]) >= self.batch_size
            count = sum(map(len, waiting.values()))
            if not full and (count >= 2 * self.batch_size or pixels > HELD):
                kind = max(waiting, key=lambda each: len(waiting[each]))
                full = True
            if full:
                batch = waiting.pop(kind)
                pixels -= sum(self.work.size(each) for _, each in batch)
                yield batch
        yield from waiting.values()

    def _compute(self, items, loaded):
        count = len(items)
        name = self.work.name(items[0])
        try:
            results = self.work.compute(
                loaded, lambda done, _: self.bar.within(name, done, count)
            )
        except Exception as error:
            if count == 1:
                self._fail(items[0], error)
                self.bar.computed(1)
                return
        else:
            self.bar.computed(count)
            yield from zip(items, results, strict=True)
            return
        # One of them is bad, or all are too much at once.
        for item, each in zip(items, loaded, strict=True):
            yield from self._compute([item], [each])

    def _save_all(self):
        results = iter(self._results.get, END)
        try:
            for item, result in results:
                self._save(item, result)
        except BaseException:
            self._stop()
            for _ in results:
                pass  # or `run` would wait for room in the queue
            raise

    def _save(self, item, result):
        try:
            notes = self.work.save(item, result)
        except Exception as error:
            self._fail(item, error)
            return
        with self._lock:
            name = self.work.name(item)
            self.report.notes += [(name, note) for note in notes]
            self.report.done += 1
            self.report.handled += 1

    def _fail(self, item, error):
        name = self.work.name(item)
        with self._lock:
            if isinstance(error, OutputError):
                self.report.stopped = self.report.stopped or str(error)
            else:
                self.report.failed.append((name, reason_of(error)))
                self.report.handled += 1
        self.work.drop(item)
        if isinstance(error, OutputError):
            self._stop()
