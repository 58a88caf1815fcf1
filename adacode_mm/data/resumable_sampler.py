"""Endless shuffled order of the samples that can start anywhere."""

from collections.abc import Iterator, Sized

import numpy as np
from mmengine.dist import get_dist_info, sync_random_seed
from torch.utils.data import Sampler

from adacode_mm.registry import DATA_SAMPLERS


class PositionedIndex(int):
    """Index of a sample that knows where in the endless order it stands.

    Attributes:
        position: Samples in front of it, over all passes and processes.
        seed: Seed of the order.
    """

    def __new__(cls, index: int, position: int, seed: int):
        self = super().__new__(cls, index)
        self.position = position
        self.seed = seed
        return self

    def __reduce__(self):
        return type(self), (int(self), self.position, self.seed)


@DATA_SAMPLERS.register_module()
class ResumableSampler(Sampler):
    """Passes over the dataset without end, each in an order of its own.

    The order depends on the seed alone. Process r of n takes every n-th
    sample of it from the r-th one on, so n processes with batches of B see
    together what one process sees with batches of n * B. MMEngine's
    `InfiniteSampler` gives the same order every time, too, but has to walk
    through all of it to come to the 300,000th batch.

    Args:
        dataset: What is sampled.
        shuffle: Whether to shuffle each pass.
        seed: Seed of the order, the same on all processes; None draws one.

    Attributes:
        start: Position at which iterating begins: set it before.
    """

    def __init__(
        self, dataset: Sized, shuffle: bool = True, seed: int | None = None
    ):
        self.size = len(dataset)
        self.shuffle = shuffle
        self.seed = sync_random_seed() if seed is None else seed
        self.rank, self.world_size = get_dist_info()
        self.start = 0

    def __iter__(self) -> Iterator[PositionedIndex]:
        position = self.start + self.rank
        turn, order = None, None
        while True:
            if position // self.size != turn:
                turn = position // self.size
                order = self._order(turn)
            index = order[position % self.size]
            yield PositionedIndex(index, position, self.seed)
            position += self.world_size

    def _order(self, turn):
        """Indices of one pass."""
        if not self.shuffle:
            return range(self.size)
        # Seeded with the pass, so that none of those before has to be drawn;
        # with NumPy's frozen generator, so that no version changes it.
        words = np.random.SeedSequence((self.seed, turn)).generate_state(4)
        return np.random.RandomState(words).permutation(self.size).tolist()

    def __len__(self) -> int:
        """Samples of one pass."""
        return self.size
