"""What is drawn for a sample depends on its position and on nothing else."""

import itertools
import pickle
import random

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, Dataset

from adacode_mm.core.random_state import (
    get_random_state,
    kept_random_state,
    set_random_state,
)
from adacode_mm.data.resumable_sampler import PositionedIndex, ResumableSampler
from adacode_mm.data.seeded_dataset import SeededDataset


def draw():
    return [random.random(), np.random.rand(), torch.rand(()).item()]


class Augmented(Dataset):
    """Draws a number from each generator, some samples more than others."""

    metainfo = {'name': 'augmented'}

    def __len__(self):
        return 5

    def __getitem__(self, index):
        assert type(index) is int
        for _ in range(index):
            draw()
        return torch.tensor([index, *draw()], dtype=torch.float64)


def load(count, workers=0, batch=2, start=0):
    """Samples of `count` batches."""
    dataset = SeededDataset(Augmented())
    sampler = ResumableSampler(dataset, seed=0)
    sampler.start = start
    loader = DataLoader(dataset, batch, sampler=sampler, num_workers=workers)
    return torch.cat(list(itertools.islice(loader, count)))


def test_workers_batches_and_history_change_nothing():
    samples = load(6)
    assert len(np.unique(samples[:, 1:])) == samples[:, 1:].numel()
    draw()
    assert torch.equal(load(6, workers=2), samples)
    assert torch.equal(load(4, workers=1, batch=3), samples)
    assert torch.equal(load(3, workers=2, start=6), samples[6:])


def test_the_next_pass_draws_anew():
    samples = load(10)
    first, second = (
        {int(sample[0]): sample[1:] for sample in samples[k : k + 5]}
        for k in (0, 5)
    )
    assert first.keys() == second.keys()
    assert not any(torch.equal(first[k], second[k]) for k in first)


def test_other_seeds_draw_other_numbers():
    dataset = SeededDataset(Augmented())
    one, two, again = (
        dataset[PositionedIndex(3, 8, seed)] for seed in (0, 1, 0)
    )
    assert torch.equal(one, again)
    assert (one != two).tolist() == [False, True, True, True]


@pytest.mark.parametrize('index', [PositionedIndex(3, 8, 0)])
def test_nobody_else_notices(index):
    before = get_random_state()
    expected = draw()
    set_random_state(before)
    SeededDataset(Augmented())[index]
    assert draw() == expected


def test_a_plain_index_draws_from_the_generators_as_they_are():
    dataset = SeededDataset(Augmented())
    state = get_random_state()
    one, two = dataset[0], dataset[0]
    assert not torch.equal(one, two)
    set_random_state(state)
    assert torch.equal(dataset[0], one)


def test_all_else_is_that_of_the_dataset():
    dataset = pickle.loads(pickle.dumps(SeededDataset(Augmented())))
    assert len(dataset) == 5
    assert dataset.metainfo == {'name': 'augmented'}
    assert not hasattr(dataset, 'full_init')


def test_a_random_state_survives_a_checkpoint(tmp_path):
    """In a file that PyTorch reads without running code."""
    random.gauss(0, 1), np.random.randn()  # both keep a second number
    torch.save({'states': [get_random_state()]}, tmp_path / 'a.pth')
    expected = [*draw(), random.gauss(0, 1), np.random.randn()]
    draw()
    content = torch.load(tmp_path / 'a.pth', weights_only=True)
    set_random_state(content['states'][0])
    assert [*draw(), random.gauss(0, 1), np.random.randn()] == expected


def test_a_kept_random_state():
    state = get_random_state()
    expected = draw()
    set_random_state(state)
    with pytest.raises(KeyError), kept_random_state():
        draw()
        raise KeyError
    assert draw() == expected
