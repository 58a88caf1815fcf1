"""An endless order that can start anywhere, whoever takes from it."""

import itertools
import pickle

import pytest

from adacode_mm.data.resumable_sampler import PositionedIndex, ResumableSampler

SIZE = 7


def take(count, start=0, rank=0, world_size=1, **kwargs):
    sampler = ResumableSampler(range(SIZE), **{'seed': 3, **kwargs})
    sampler.rank, sampler.world_size = rank, world_size
    sampler.start = start
    return list(itertools.islice(sampler, count))


def test_each_pass_has_every_sample_in_an_order_of_its_own():
    taken = take(5 * SIZE)
    passes = [tuple(taken[k * SIZE : (k + 1) * SIZE]) for k in range(5)]
    assert all(sorted(each) == list(range(SIZE)) for each in passes)
    assert len(set(passes)) == 5
    assert passes[0] != tuple(range(SIZE))
    other = take(SIZE, seed=4)
    assert sorted(other) == list(range(SIZE)) and tuple(other) != passes[0]


def test_the_order_stays_the_same_for_ever():
    """A checkpoint of one version is resumed by the next."""
    assert take(2 * SIZE) == [0, 2, 6, 4, 5, 3, 1, 5, 1, 6, 0, 4, 3, 2]


def test_without_shuffling():
    assert take(10, shuffle=False) == [0, 1, 2, 3, 4, 5, 6, 0, 1, 2]


@pytest.mark.parametrize('start', [0, 1, SIZE, 3 * SIZE + 2])
def test_starting_anywhere(start):
    whole = take(5 * SIZE)
    later = take(SIZE, start=start)
    assert later == whole[start : start + SIZE]
    positions = [index.position for index in later]
    assert positions == list(range(start, start + SIZE))


def test_far_ahead_at_once():
    """300,000 batches of 32 on a small data set; this would take minutes."""
    (index,) = take(1, start=9_600_000)
    assert index.position == 9_600_000


@pytest.mark.parametrize('batch', [1, 2])
@pytest.mark.parametrize('processes', [2, 3])
def test_processes_see_together_what_one_sees(processes, batch):
    start = 4
    alone = take(3 * processes * batch, start=start)
    shares = [
        take(3 * batch, start=start, rank=rank, world_size=processes)
        for rank in range(processes)
    ]
    for step in range(3):
        together = {
            index.position: index
            for share in shares
            for index in share[step * batch : (step + 1) * batch]
        }
        size = processes * batch
        expected = alone[step * size : (step + 1) * size]
        assert together == {index.position: index for index in expected}


def test_an_index_reaches_a_worker_with_its_position():
    index = PositionedIndex(5, position=12, seed=3)
    sent = pickle.loads(pickle.dumps(index))
    assert (sent, sent.position, sent.seed) == (5, 12, 3)
    assert ['a', 'b', 'c', 'd', 'e', 'f'][sent] == 'f'
