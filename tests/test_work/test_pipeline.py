import threading
import time

import pytest

from adacode_mm.core.exceptions import InputError, OutputError
from adacode_mm.work.engines.local import run_local
from adacode_mm.work.engines.pipeline import Pipeline
from adacode_mm.work.report import Books, Fate, ProgressBar, Report


class Squaring:
    """Items are 'kind:number', results their squares."""

    def __init__(self):
        self.batches = []
        self.saved = {}

    def open(self, threads=None):
        pass

    def load(self, item):
        kind, number = item.split(':')
        return kind, int(number)

    def size(self, loaded):
        return 1

    def kind(self, loaded):
        return loaded[0]

    def compute(self, batch, progress):
        assert threading.current_thread() is threading.main_thread()
        self.batches.append([number for _, number in batch])
        progress(0.5, 'half')
        for _, number in batch:
            if number < 0:
                raise InputError(f'{number} is negative.')
        return [number**2 for _, number in batch]

    def save(self, item, result):
        self.saved[item] = result
        notes = ('large',) if result > 50 else ()
        return Fate('done', (item, result), notes)


def run(work, items, batch_size=1, **callbacks):
    report = Report()
    bar = ProgressBar(len(items), hidden=True)
    books = Books(report, bar, **callbacks)
    with report.timed():
        Pipeline(work, books, batch_size).run([(x, x) for x in items])
    bar.close()
    return report


def test_every_item_has_its_fate():
    work = Squaring()
    begun, done = [], []
    report = run(
        work,
        ['a:1', 'a:-2', 'bad', 'a:9'],
        begin=begun.append,
        done=lambda name, result: done.append((name, result)),
    )
    assert work.saved == {'a:1': 1, 'a:9': 81}
    assert begun == ['a:1', 'a:9']
    assert done == [('a:1', ('a:1', 1)), ('a:9', ('a:9', 81))]
    assert (report.done, report.handled) == (2, 4)
    assert report.notes == [('a:9', 'large')]
    failed = dict(report.failed)
    assert failed['a:-2'] == '-2 is negative.'
    assert 'ValueError' in failed['bad']
    ((name, text),) = report.tracebacks
    assert name == 'bad' and "item.split(':')" in text
    assert report.exit_code == 1


def test_equal_kinds_are_computed_together():
    work = Squaring()
    items = ['a:1', 'b:2', 'a:3', 'a:4', 'b:5', 'c:6', 'a:7']
    report = run(work, items, batch_size=2)
    assert work.batches == [[1, 3], [2, 5], [4, 7], [6]]
    assert work.saved == {x: int(x[2:]) ** 2 for x in items}
    assert report.exit_code == 0


def test_kinds_that_never_fill_a_batch_do_not_pile_up():
    work = Squaring()
    items = [f'{number}:{number}' for number in range(20)]
    run(work, items, batch_size=3)
    assert work.batches == [[number] for number in range(20)]
    # 6 wait at most, so the first is computed before the 7th is taken
    assert sorted(work.saved) == sorted(items)


def test_a_bad_one_of_a_batch_does_not_spoil_the_others():
    work = Squaring()
    report = run(work, ['a:1', 'a:-2', 'a:3'], batch_size=3)
    assert work.batches == [[1, -2, 3], [1], [-2], [3]]
    assert work.saved == {'a:1': 1, 'a:3': 9}
    assert report.failed == [('a:-2', '-2 is negative.')]


@pytest.mark.parametrize(
    'error',
    [
        MemoryError(),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: ..."),
        type('OutOfMemoryError', (RuntimeError,), {})('CUDA out of memory'),
    ],
)
def test_too_little_memory_for_one(monkeypatch, error):
    work = Squaring()

    def compute(batch, progress):
        if batch[0][1] == 2:
            raise error
        return [0]

    monkeypatch.setattr(work, 'compute', compute)
    report = run(work, ['a:1', 'a:2', 'a:3'])
    ((name, reason),) = report.failed
    assert name == 'a:2' and '--tile exact' in reason and not report.tracebacks
    assert sorted(work.saved) == ['a:1', 'a:3']


@pytest.mark.parametrize('step', ['load', 'save'])
def test_a_full_disk_ends_the_batch(monkeypatch, step):
    work = Squaring()
    before = getattr(work, step)

    def fail(item, *args):
        if item == 'a:3':
            raise OutputError('The disk is full.')
        return before(item, *args)

    monkeypatch.setattr(work, step, fail)
    report = run(work, [f'a:{number}' for number in range(100)])
    assert report.stopped == 'The disk is full.'
    assert report.exit_code == 1 and not report.failed
    assert work.saved.get('a:2', 4) == 4
    assert 'a:99' not in work.saved


@pytest.mark.parametrize('step', ['size', 'settle'])
def test_a_defect_of_a_thread_is_no_silent_end(monkeypatch, step):
    work = Squaring()

    def broken(*args):
        if threading.current_thread() is threading.main_thread():
            return 1
        raise RuntimeError('a defect')

    if step == 'size':
        monkeypatch.setattr(work, step, broken)
    else:
        monkeypatch.setattr(Books, step, broken)
    with pytest.raises(RuntimeError, match='a defect'):
        run(work, ['bad', *(f'a:{number}' for number in range(100))])


def test_a_task_that_cannot_be_opened(monkeypatch):
    def refuse(threads=None):
        raise InputError('There is no such model.')

    work = Squaring()
    monkeypatch.setattr(work, 'open', refuse)
    books = Books(Report(), ProgressBar(1, hidden=True))
    with pytest.raises(InputError, match='no such model'):
        run_local(work, [('a:1', 'a:1')], books)


def test_after_ctrl_c_what_is_computed_is_written(monkeypatch):
    work = Squaring()
    compute, save = work.compute, work.save

    def interrupted(batch, progress):
        if batch[0][1] == 3:
            raise KeyboardInterrupt
        return compute(batch, progress)

    def slow(item, result):
        time.sleep(0.1)
        return save(item, result)

    monkeypatch.setattr(work, 'compute', interrupted)
    monkeypatch.setattr(work, 'save', slow)
    report = run(work, [f'a:{number}' for number in range(100)])
    assert work.saved == {'a:0': 0, 'a:1': 1, 'a:2': 4}
    assert report.done == 3 and report.exit_code == 130


def test_reading_and_writing_go_on_while_the_network_computes(monkeypatch):
    work = Squaring()
    seen = {step: threading.Event() for step in ('load', 'compute')}
    load, compute, save = work.load, work.compute, work.save

    def loading(item):
        if item == 'a:1':
            seen['load'].set()
        return load(item)

    def computing(batch, progress):
        if batch[0][1] == 0:
            assert seen['load'].wait(30), 'the next was not read meanwhile'
        if batch[0][1] == 1:
            seen['compute'].set()
        return compute(batch, progress)

    def saving(item, result):
        if item == 'a:0':
            assert seen['compute'].wait(30), 'the next was not computed'
        return save(item, result)

    monkeypatch.setattr(work, 'load', loading)
    monkeypatch.setattr(work, 'compute', computing)
    monkeypatch.setattr(work, 'save', saving)
    report = run(work, ['a:0', 'a:1', 'a:2'])
    assert report.failed == [] and report.done == 3


def test_large_images_do_not_pile_up(monkeypatch):
    work = Squaring()
    held, most = [0], [0]
    load, compute = work.load, work.compute

    def counting(item):
        held[0] += 1
        most[0] = max(most[0], held[0])
        return load(item)

    def slow(batch, progress):
        time.sleep(0.01)
        held[0] -= 1
        return compute(batch, progress)

    monkeypatch.setattr(work, 'load', counting)
    monkeypatch.setattr(work, 'compute', slow)
    monkeypatch.setattr(work, 'size', lambda loaded: 50_000_000)
    monkeypatch.setattr('adacode_mm.work.engines.pipeline.HELD', 16_000_000)
    report = run(work, [f'a:{number}' for number in range(20)], 8)
    assert report.done == 20
    # one that is computed, one that waits, one that was just read
    assert most[0] <= 3


def test_the_bar_counts_parts_of_images(capsys, monkeypatch):
    bar = ProgressBar(4)
    monkeypatch.setattr(bar._bar, 'mininterval', 0)
    bar.keep()
    bar.within('photo.png', 0.5)
    assert bar._bar.n == 1.5 and bar._bar.initial == 1
    bar.failed()
    bar.within('photo.png', 0.75)
    assert bar._bar.n == 2.75
    bar._bar.refresh()
    text = capsys.readouterr().err
    assert 'photo.png 75%' in text and '| 2/4 [' in text
    assert 'images/s' in text
    bar.computed(1)
    assert bar._bar.n == 3
    bar.within('two.png', 0.25, 2)
    assert bar._bar.n == 3.5
    bar.close()
