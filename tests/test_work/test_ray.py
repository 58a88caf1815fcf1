"""A Ray cluster of two workers, some of which are killed at work."""

import os
import signal
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from adacode_mm.cli.main import main
from adacode_mm.core.exceptions import InputError
from adacode_mm.work.engines.ray import run_ray
from adacode_mm.work.journal import Journal
from adacode_mm.work.report import Books, Fate, ProgressBar, Report

ray = pytest.importorskip('ray', reason='Ray is not installed')
WORKERS = 2
COUNT = 24
BAD, DEADLY, KILLED = 3, 5, 7


@pytest.fixture(scope='module')
def cluster():
    """A cluster on this machine, with room for more workers than are used."""
    ray.cloudpickle.register_pickle_by_value(sys.modules[__name__])
    ray.init(num_cpus=4, include_dashboard=False, log_to_driver=False)
    yield
    ray.shutdown()


class Squaring:
    """Squares numbers; some items are bad in their own ways."""

    def __init__(self, folder):
        self.folder = folder

    def open(self, threads=None):
        assert threads == 1
        (self.folder / f'worker-{os.getpid()}').touch()

    def load(self, number):
        if number == BAD:
            raise InputError('It is not welcome.')
        return number

    def size(self, number):
        return 1

    def kind(self, number):
        return number

    def compute(self, batch, progress):
        for number in batch:
            before = len(list(self.folder.glob(f'tried-{number}-*')))
            name = f'tried-{number}-{before}-{os.getpid()}'
            (self.folder / name).touch()
            if number == DEADLY:
                os.kill(os.getpid(), signal.SIGKILL)
            if number == KILLED and not before:
                time.sleep(100)  # until it is killed from outside
        return [number**2 for number in batch]

    def save(self, number, result):
        return Fate('done', (str(number), {'square': result}))


def kill_once(folder, stop):
    """SIGKILL the worker that is in the middle of an item."""
    while not stop.is_set():
        for path in folder.glob(f'tried-{KILLED}-0-*'):
            os.kill(int(path.name.rpartition('-')[2]), signal.SIGKILL)
            return
        time.sleep(0.02)


def test_a_killed_worker_loses_nothing_and_nothing_is_done_twice(
    cluster, tmp_path
):
    report, done, held, most = Report(), Counter(), Counter(), 0
    items = [(str(number), number) for number in range(COUNT)]

    def begin(number):
        nonlocal most
        held[number] = 1
        most = max(most, held.total())

    class Watched(Books):
        def settle(self, item, fate):
            held.pop(item[1])
            super().settle(item, fate)

    with Journal(tmp_path / 'out', 'tool') as journal:

        def keep(name, result):
            done[name] += 1
            journal.record(*result)

        bar = ProgressBar(COUNT, hidden=True)
        books = Watched(report, bar, begin, keep)
        stop = threading.Event()
        killer = threading.Thread(
            target=kill_once, args=(tmp_path, stop), daemon=True
        )
        killer.start()
        try:
            run_ray(Squaring(tmp_path), items, books, workers=WORKERS)
        finally:
            stop.set()
        killer.join(10)
    good = set(range(COUNT)) - {BAD, DEADLY}
    assert done == {str(number): 1 for number in good}
    tried = Counter(
        int(path.name.split('-')[1]) for path in tmp_path.glob('tried-*')
    )
    # What was at work when its worker died is done again, and nothing else.
    again = {DEADLY: 2, KILLED: 2}
    assert tried == {n: again.get(n, 1) for n in {*good, DEADLY}}
    failed = dict(report.failed)
    assert failed.keys() == {str(BAD), str(DEADLY)}
    assert failed[str(BAD)] == 'It is not welcome.'
    assert (report.done, report.exit_code) == (COUNT - 2, 1)
    # Three have died, and have been replaced.
    assert WORKERS < len(list(tmp_path.glob('worker-*'))) <= WORKERS + 3
    assert most <= WORKERS
    with Journal(tmp_path / 'out', 'tool') as journal:
        assert journal.records == {
            str(number): {'square': number**2} for number in good
        }


def test_a_task_that_cannot_be_opened_is_the_users_to_repair(
    cluster, tmp_path
):
    class Closed(Squaring):
        def open(self, threads=None):
            raise InputError('There is no such model.')

    books = Books(Report(), ProgressBar(1, hidden=True))
    with pytest.raises(InputError, match='no such model'):
        run_ray(Closed(tmp_path), [('1', 1)], books, workers=1)


def test_a_folder_by_the_command(cluster, tmp_path, monkeypatch, capsys):
    import numpy as np
    from cropped_photo import photo
    from PIL import Image
    from tiny_networks import tiny_network

    from adacode_mm.checkpoints.model_file import save_model

    monkeypatch.chdir(tmp_path)
    save_model(*tiny_network(scale=2), 'x2.pth')
    Path('in').mkdir()
    for number in range(3):
        photo(number).save(f'in/{number}.png')
    Path('in/bad.png').write_bytes(b'')
    words = ['--model', 'x2.pth', '--device', 'cpu']
    engine = ['--engine', 'ray', '--workers', '1', '--batch-size', '2']
    out = (tmp_path / 'out').as_uri()
    folder = (tmp_path / 'in').as_uri()
    assert main(['sr', folder, '-o', out, *words, *engine]) == 1
    assert main(['sr', 'in', '-o', 'one', *words]) == 1
    for number in range(3):
        one, two = (
            np.asarray(Image.open(f'{x}/{number}.png'), int)
            for x in ('one', 'out')
        )
        assert abs(one - two).max() <= 1  # batches round in their own way
    capsys.readouterr()
    # By any engine, what is finished is known.
    assert main(['sr', 'in', '-o', 'out', *words]) == 1
    assert '0 done, 3 done before' in capsys.readouterr().out
