import os
import threading
import time

import pytest

import adacode_mm  # noqa: F401
from adacode_mm.core.exceptions import InputError
from adacode_mm.work.shards import Shard


def test_one_process_does_everything():
    shard = Shard.of_process({})
    assert shard == Shard(0, 1, 0, 0)
    assert shard.part([1, 2, 3]) == [1, 2, 3]


def test_the_parts_are_everything_once():
    items = list(range(11))
    parts = [
        Shard.of_process({'RANK': str(rank), 'WORLD_SIZE': '3'}).part(items)
        for rank in range(3)
    ]
    assert parts == [[0, 3, 6, 9], [1, 4, 7, 10], [2, 5, 8]]


@pytest.mark.parametrize(
    'environ',
    [
        {'RANK': '2', 'WORLD_SIZE': '2'},
        {'RANK': '-1', 'WORLD_SIZE': '2'},
        {'RANK': '1'},
        {'WORLD_SIZE': '2'},
        {'RANK': 'one', 'WORLD_SIZE': '2'},
    ],
)
def test_variables_that_make_no_sense(environ):
    with pytest.raises(InputError, match='RANK from 0 to WORLD_SIZE - 1'):
        Shard.of_process(environ)


def test_a_process_of_torchrun_waits_for_the_others(tmp_path):
    environ = {
        'WORLD_SIZE': '2',
        'LOCAL_WORLD_SIZE': '2',
        'TORCHELASTIC_RUN_ID': 'none',
    }
    shards = [
        Shard.of_process({**environ, 'RANK': rank, 'LOCAL_RANK': rank})
        for rank in '01'
    ]
    (tmp_path / f'.ended-{os.getppid()}-before-1').touch()  # of another start
    ended = []

    def first():
        shards[0].wait_for_others(tmp_path)
        ended.append('first')

    thread = threading.Thread(target=first)
    thread.start()
    time.sleep(0.3)
    assert ended == []
    shards[1].wait_for_others(tmp_path)
    thread.join(10)
    assert ended == ['first']
    # Without torchrun, nobody stops the others.
    Shard(0, 2, 0, 0).wait_for_others(tmp_path)
