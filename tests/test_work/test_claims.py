import json
import multiprocessing
import os
import signal
import threading
import time
from contextlib import ExitStack
from pathlib import PurePosixPath

import pytest

import adacode_mm  # noqa: F401
from adacode_mm.work.claims import MEMORY, Claims, is_result
from adacode_mm.work.runs import SILENCE, Run

NAME = PurePosixPath('a/b.png')


@pytest.fixture
def runs(tmp_path):
    """Makes runs at work in one folder, and their claims."""
    with ExitStack() as stack:

        def start():
            run = stack.enter_context(Run(tmp_path / MEMORY / 'runs'))
            return Claims(tmp_path, run)

        yield start


def test_an_output_is_claimed_once(runs):
    first, second = runs(), runs()
    claim = first.take(NAME, None)
    assert claim is not None
    assert second.take(NAME, None) is None
    assert first.take(NAME, None) is None
    first.give_back(claim)
    assert second.take(NAME, None) is not None
    assert first.take(NAME, None) is None


def test_what_is_finished_is_not_claimed_unless_seen(runs, tmp_path):
    first, second = runs(), runs()
    assert not is_result(tmp_path / NAME, tmp_path)
    claim = first.take(NAME, None)
    assert first.state(NAME).begun and is_result(tmp_path / NAME, tmp_path)
    first.finish(claim, {'size': 1})
    state = second.state(NAME)
    assert (state.record, state.begun) == ({'size': 1}, False)
    assert state.recorded >= first.run.started
    assert second.take(NAME, None) is None
    again = second.take(NAME, {'size': 1})
    assert first.take(NAME, {'size': 1}) is None  # being redone
    assert first.state(NAME).begun
    second.finish(again, {'size': 2})
    assert first.state(NAME).record == {'size': 2}
    assert first.take(NAME, {'size': 1}) is None
    files = os.listdir(tmp_path / MEMORY / 'files' / 'a')
    assert files == ['b.png.json']


def test_giving_back_keeps_what_was_finished(runs):
    claims = runs()
    claims.finish(claims.take(NAME, None), {'size': 1})
    claims.give_back(claims.take(NAME, {'size': 1}))
    state = claims.state(NAME)
    assert (state.record, state.begun) == ({'size': 1}, False)


def test_claims_of_a_run_that_has_ended_are_taken_over(runs, tmp_path):
    ended = Run(tmp_path / MEMORY / 'runs')
    with ended:
        assert Claims(tmp_path, ended).take(NAME, None) is not None
    first, second = runs(), runs()
    claim = first.take(NAME, None)
    assert claim is not None
    assert second.take(NAME, None) is None
    first.finish(claim, {'size': 1})
    files = os.listdir(tmp_path / MEMORY / 'files' / 'a')
    assert files == ['b.png.json']


def test_finished_while_its_claim_was_being_taken_over(runs, monkeypatch):
    """A run that counts as dead finishes at the last moment."""
    slow, other = runs(), runs()
    claim = slow.take(NAME, None)
    monkeypatch.setattr(other.run, 'lives', lambda _: False)
    create = other._create

    def finish_first(path):
        if path.name.endswith('.2'):
            slow.finish(claim, {'size': 1})
        return create(path)

    monkeypatch.setattr(other, '_create', finish_first)
    assert other.take(NAME, None) is None
    assert other.state(NAME).record == {'size': 1}
    assert not other.state(NAME).begun


def test_an_empty_claim_counts_until_its_writer_must_be_dead(runs, tmp_path):
    claims = runs()
    path = tmp_path / MEMORY / 'files' / 'a' / 'b.png.json'
    path.parent.mkdir(parents=True)
    path.write_bytes(b'')
    assert claims.take(NAME, None) is None
    os.utime(path, times=(0, time.time() - SILENCE - 1))
    assert claims.take(NAME, None) is not None


def test_another_machine_lives_as_long_as_it_touches_its_file(runs, tmp_path):
    claims = runs()
    file = tmp_path / MEMORY / 'runs' / 'far'
    file.write_text(json.dumps({'machine': 'far', 'pid': 1, 'start': '1'}))
    assert claims.run.lives('far')
    assert claims.run.others() == ['far']
    os.utime(file, times=(0, time.time() - SILENCE - 1))
    assert not claims.run.lives('far')
    assert claims.run.others() == [] and not file.exists()


def test_a_run_keeps_touching_its_file(tmp_path, monkeypatch):
    monkeypatch.setattr('adacode_mm.work.runs.BEAT', 0.01)
    with Run(tmp_path) as run:
        os.utime(tmp_path / run.id, times=(0, 0))
        deadline = time.time() + 5
        while (tmp_path / run.id).stat().st_mtime == 0:
            assert time.time() < deadline, 'the file was not touched'
            time.sleep(0.01)
    assert list(tmp_path.iterdir()) == []


def work(folder, names, held):
    """Claim outputs, one line in a log for each; stop in the middle."""
    with Run(folder / MEMORY / 'runs') as run:
        claims = Claims(folder, run)
        for number, name in enumerate(names):
            claim = claims.take(PurePosixPath(name), None)
            if claim is None:
                continue
            if number == held:
                time.sleep(60)
            with open(folder / 'log', 'a') as log:
                log.write(f'{name}\n')
            claims.finish(claim, {})


def test_a_killed_process_loses_only_what_it_was_at(tmp_path):
    names = [f'{number}.png' for number in range(6)]
    context = multiprocessing.get_context('fork')
    killed = context.Process(target=work, args=(tmp_path, names, 3))
    killed.start()
    claimed = tmp_path / MEMORY / 'files' / '3.png.json'
    deadline = time.time() + 30
    while not claimed.exists():
        assert time.time() < deadline
        time.sleep(0.01)
    work(tmp_path, names, None)  # beside it: all but that one
    assert (tmp_path / 'log').read_text().split() == [
        *names[:3],
        *names[4:],
    ]
    os.kill(killed.pid, signal.SIGKILL)
    killed.join()
    work(tmp_path, names, None)
    assert sorted((tmp_path / 'log').read_text().split()) == names


def test_many_threads_do_everything_once(tmp_path):
    names = [f'{number}.png' for number in range(60)]
    threads = [
        threading.Thread(target=work, args=(tmp_path, order, None))
        for order in (names, names[::-1], names[30:] + names[:30])
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done = (tmp_path / 'log').read_text().split()
    assert sorted(done) == sorted(names)
