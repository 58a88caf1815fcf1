import os
import signal
import time

import cv2
import numpy as np
import pytest

from adacode_mm.core.exceptions import InputError, OutputError
from adacode_mm.work.engines import processes
from adacode_mm.work.engines.processes import run_processes
from adacode_mm.work.report import Books, ProgressBar, Report, SkippedItem


def square(number):
    return number**2


def troubled(number):
    """Squares of numbers, except of some."""
    if number == 3:
        raise InputError('Three is not welcome.')
    if number == 4:
        raise SkippedItem('Four is left out.')
    if number == 5:
        raise KeyError('five')
    if number == 6:
        os.kill(os.getpid(), signal.SIGKILL)
    if number == 7:
        os._exit(3)
    return number**2


def run_batch(function, items, report, workers=None, on_result=None):
    options = {} if on_result is None else {'done': on_result}
    bar = ProgressBar(len(items), hidden=True)
    books = Books(report, bar, **options)
    run_processes(function, items, books, workers=workers)


def items(count):
    return [(f'n{number}', number) for number in range(count)]


@pytest.mark.parametrize('workers', [1, 3])
def test_every_item_gives_its_result(workers):
    report, results = Report(), {}
    run_batch(
        square,
        items(50),
        report,
        workers=workers,
        on_result=results.__setitem__,
    )
    assert results == {f'n{number}': number**2 for number in range(50)}
    assert (report.done, report.handled, report.exit_code) == (50, 50, 0)


@pytest.mark.parametrize('workers', [1, 2])
def test_bad_items_are_named_and_the_rest_is_done(workers):
    report, results = Report(), {}
    run_batch(
        troubled,
        items(12),
        report,
        workers=workers,
        on_result=results.__setitem__,
    )
    good = (0, 1, 2, 8, 9, 10, 11)
    assert results == {f'n{number}': number**2 for number in good}
    assert report.skipped == [('n4', 'Four is left out.')]
    assert dict(report.failed) == {
        'n3': 'Three is not welcome.',
        'n5': "Unexpected KeyError: 'five'",
        'n6': 'Its worker process was ended by SIGKILL '
        '(is there too little memory?).',
        'n7': 'Its worker process was ended by exit code 3.',
    }
    assert report.exit_code == 1
    assert '7 done' in report.text()
    # Nobody foresaw this one: where it happened is told.
    ((name, text),) = report.tracebacks
    assert name == 'n5' and "raise KeyError('five')" in text


def test_a_full_disk_stops_the_batch_and_keeps_what_is_done():
    def write(number):
        if number == 5:
            raise OutputError('The disk is full.')
        return number

    report, results = Report(), {}
    run_batch(
        write,
        items(100),
        report,
        workers=1,
        on_result=results.__setitem__,
    )
    assert results == {f'n{number}': number for number in range(5)}
    assert report.stopped == 'The disk is full.'
    assert report.exit_code == 1
    assert 'STOPPED: The disk is full.' in report.text()


def test_an_error_while_keeping_a_result_stops_it_too():
    def keep(name, result):
        if name == 'n2':
            raise OutputError('The journal cannot be written.')

    report = Report()
    run_batch(square, items(9), report, workers=1, on_result=keep)
    assert (report.done, report.stopped) == (
        2,
        'The journal cannot be written.',
    )


def test_ctrl_c_ends_the_workers_and_is_reported(tmp_path):
    def slow(number):
        (tmp_path / str(os.getpid())).touch()
        if number > 3:
            time.sleep(60)
        return number

    def interrupt(name, result):
        results[name] = result
        if len(results) == 4:
            os.kill(os.getpid(), signal.SIGINT)

    report, results = Report(), {}
    run_batch(slow, items(8), report, workers=2, on_result=interrupt)
    assert set(results) == {'n0', 'n1', 'n2', 'n3'}
    assert report.exit_code == 130
    assert report.interrupted and report.stopped
    for pid in tmp_path.iterdir():
        with pytest.raises(ProcessLookupError):
            os.kill(int(pid.name), 0)


def test_a_result_that_waits_when_ctrl_c_comes_is_kept(tmp_path):
    def touch(number):
        (tmp_path / str(number)).touch()
        return number

    def interrupt(name, result):
        results[name] = result
        if len(results) == 1:
            while len(os.listdir(tmp_path)) < 2:
                time.sleep(0.01)
            time.sleep(0.5)  # the other worker sends its answer
            raise KeyboardInterrupt

    report, results = Report(), {}
    run_batch(touch, items(50), report, workers=2, on_result=interrupt)
    assert len(results) == 2
    assert report.exit_code == 130


def blurred_sum(size):
    return int(cv2.GaussianBlur(noise(size), (9, 9), 2).sum())


def noise(size):
    random = np.random.default_rng(size)
    return random.integers(256, size=(size, size, 3), dtype=np.uint8)


def test_threads_of_opencv_in_this_process_do_not_block_the_workers():
    def give_up(*_):
        raise TimeoutError('the workers wait for threads that are not there')

    threads = cv2.getNumThreads()
    cv2.setNumThreads(4)
    expected = {str(n): blurred_sum(n) for n in (800, 900, 1000)}
    report, results = Report(), {}
    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(120)
    try:
        run_batch(
            blurred_sum,
            [(name, int(name)) for name in expected],
            report,
            workers=2,
            on_result=results.__setitem__,
        )
        assert cv2.getNumThreads() == 4
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
        cv2.setNumThreads(threads)
    assert results == expected


def test_numbers_of_workers():
    with pytest.raises(InputError, match='got 0'):
        run_batch(square, items(1), Report(), workers=0)
    report = Report()
    run_batch(square, [], report)
    assert (report.handled, report.exit_code) == (0, 0)
    assert processes.available_cores() >= 1


def test_the_report_is_short_on_the_screen_and_whole_in_the_file():
    report = Report(unit='patch', done=2, kept=3)
    report.skipped = [(f'{n:03d}.png', 'It is small.') for n in range(30)]
    short, whole = report.text(), report.text(shown=None)
    assert short.count('It is small.') == 20
    assert '... and 10 more' in short
    assert whole.count('It is small.') == 30
    assert '2 done, 3 done before, 30 skipped, 0 failed' in short
