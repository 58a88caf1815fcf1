"""A Ray cluster: workers on many machines, any of which may die."""

import os
from collections import Counter, deque
from collections.abc import Sequence
from typing import Any

from adacode_mm.core.exceptions import InputError
from adacode_mm.work.report import Books, Fate, ProgressBar, Report

from .pipeline import Pipeline, Task

DEATHS = 2  # of workers, before an item is given up
PATIENCE = 1.0  # seconds between looks at what has come


def run_ray(
    task: Task,
    items: Sequence[tuple[str, Any]],
    books: Books,
    *,
    workers: int | None = None,
    batch_size: int = 1,
    address: str | None = None,
    gpus_per_worker: float = 0.0,
) -> None:
    """Do a task on every item, on the machines of a Ray cluster.

    Every worker holds one batch, so that nothing piles up; it reads, computes
    and writes the items of a batch at the same time. What a worker had not
    finished when it died is done again by another; an item at which two of
    them have died is reported as failed.

    Args:
        task: What is done. It is sent to the workers and opened there; what
            it names must be there, too: on a shared disk, or behind a URL.
        items: (name, argument) of each.
        books: Get the fate of each.
        workers: Number of workers; by default, as many as the cluster has
            GPUs for, or cores if `gpus_per_worker` is 0.
        batch_size: Items of a batch; those of one size are computed together.
        address: Of the cluster: 'auto' finds that of this machine. None
            starts one on this machine, which ends with the call.
        gpus_per_worker: GPUs, or a part of one, that a worker needs.

    Raises:
        InputError: If Ray is missing, there is no such cluster, or the task
            cannot be opened.
    """
    try:
        import ray
    except ImportError:
        raise InputError(
            '--engine ray needs Ray, which is not installed: install '
            '"adacode-mm[cluster]".'
        ) from None
    owned = not ray.is_initialized()
    if owned:
        _start(ray, address, workers)
    try:
        if workers is None:
            workers = _room(ray, gpus_per_worker)
        cluster = _Cluster(
            ray, task, items, books, batch_size, gpus_per_worker
        )
        try:
            with books.report.timed():
                cluster.run(min(workers, len(items)))
        except KeyboardInterrupt:
            books.report.interrupt()
            cluster.take_answers()
        finally:
            cluster.close()
    finally:
        if owned:
            ray.shutdown()


class _Worker:
    """Lives in a process of its own somewhere."""

    def __init__(self, task, batch_size):
        self.task = task
        self.batch_size = batch_size

    def open(self):
        """Why the task cannot be opened; None if it is open."""
        try:
            # Ray gives a process as many threads as it has cores.
            self.task.open(threads=int(os.environ.get('OMP_NUM_THREADS', 1)))
        except InputError as error:
            return str(error)
        return None

    def work(self, batch):
        """Fates of some items, in any order, as (item, fate)."""
        books = _Notes(Report(), ProgressBar(len(batch), hidden=True))
        Pipeline(self.task, books, self.batch_size).run(batch)
        return books.fates


class _Notes(Books):
    """Takes fates down instead of acting on them."""

    def __init__(self, report, bar):
        super().__init__(report, bar)
        self.fates = []

    def settle(self, item, fate):
        """Take it down; a full disk ends this batch."""
        super().settle(item, fate)
        self.fates.append((item, fate))


class _Cluster:
    """The workers of one run, and what is left to do."""

    def __init__(self, ray, task, items, books, batch_size, gpus):
        self.ray = ray
        self.books = books
        self.actor = ray.remote(
            num_cpus=1, num_gpus=gpus, max_restarts=0, max_task_retries=0
        )(_Worker)
        self.task = ray.put(task)
        self.batch_size = batch_size
        items = list(items)
        self.waiting = deque(
            items[start : start + batch_size]
            for start in range(0, len(items), batch_size)
        )
        self.deaths: Counter[str] = Counter()
        self.opening: dict[Any, Any] = {}  # reference -> actor
        self.working: dict[Any, tuple[Any, list]] = {}  # -> actor, batch
        self.idle: list[Any] = []

    def run(self, count):
        for _ in range(count):
            self._start_worker()
        while (self.waiting or self.working) and not self.books.stopped:
            while self.waiting and self.idle:
                self._give(self.idle.pop())
            pending = [*self.opening, *self.working]
            ready, _ = self.ray.wait(pending, timeout=PATIENCE)
            for reference in ready:
                self._receive(reference)
        self.take_answers()

    def take_answers(self):
        """Keep what is finished, before the workers are ended."""
        if not self.working:
            return
        pending = list(self.working)
        ready, _ = self.ray.wait(pending, num_returns=len(pending), timeout=0)
        for reference in ready:
            try:
                fates = self.ray.get(reference)
            except Exception:
                continue
            self._settle(fates)

    def close(self):
        working = [actor for actor, _ in self.working.values()]
        for actor in [*self.opening.values(), *self.idle, *working]:
            self.ray.kill(actor)

    def _start_worker(self):
        actor = self.actor.remote(self.task, self.batch_size)
        self.opening[actor.open.remote()] = actor

    def _give(self, actor):
        batch = self.waiting.popleft()
        for item in batch:
            self.books.begin(item[1])
        self.working[actor.work.remote(batch)] = actor, batch

    def _receive(self, reference):
        if reference in self.opening:
            self._opened(self.opening.pop(reference), reference)
            return
        actor, batch = self.working.pop(reference)
        try:
            fates = self.ray.get(reference)
        except self.ray.exceptions.RayActorError:
            self._do_again(batch)
        else:
            self.idle.append(actor)
            self._settle(fates)

    def _opened(self, actor, reference):
        try:
            reason = self.ray.get(reference)
        except self.ray.exceptions.RayActorError as error:
            self._count_death('', f'A worker died at its start: {error}')
            self._start_worker()
            return
        if reason is not None:
            raise InputError(reason)
        self.idle.append(actor)

    def _do_again(self, batch):
        """Its worker has died, maybe of one of its items."""
        for item in reversed(batch):
            self.deaths[item[0]] += 1
            if self.deaths[item[0]] < DEATHS:
                self.waiting.appendleft([item])
                continue
            reason = (
                f'{DEATHS} workers died at it (is there too little memory?).'
            )
            self._settle([(item, Fate('failed', reason))])
        if self.waiting:
            self._start_worker()

    def _count_death(self, name, reason):
        self.deaths[name] += 1
        if self.deaths[name] > DEATHS:
            raise InputError(reason)

    def _settle(self, fates):
        for item, fate in fates:
            self.books.settle(tuple(item), fate)
            self.books.bar.computed()


def _start(ray, address, workers):
    options = {'log_to_driver': False, 'logging_level': 'warning'}
    if address is None:
        cores = max(workers or 0, os.cpu_count() or 1)
        options |= {'num_cpus': cores, 'include_dashboard': False}
    try:
        ray.init(address=address, **options)
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise InputError(
            f'Expected a Ray cluster at {address}, but Ray says "{error}": '
            'start one with "ray start --head", or leave out --address.'
        ) from error


def _room(ray, gpus):
    there = ray.cluster_resources()
    count = there.get('GPU', 0) / gpus if gpus else there.get('CPU', 1)
    return max(1, int(count))
