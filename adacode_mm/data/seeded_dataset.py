"""Random augmentation that depends on a sample's position, nothing else."""

from torch.utils.data import Dataset

from adacode_mm.core.random_state import seeded_cpu
from adacode_mm.registry import DATASETS

from .resumable_sampler import PositionedIndex


@DATASETS.register_module()
class SeededDataset(Dataset):
    """Loads each sample with random numbers of its own.

    Seeded with the position of the sample in the endless order, the global
    random numbers of Python, NumPy and PyTorch, which augmentations draw
    from, no longer depend on the number of worker processes, on what these
    loaded before, or on where a training was interrupted. Afterwards they go
    on as if nothing had been drawn.

    Everything else is that of the dataset inside.

    Args:
        dataset: What loads and augments the samples, or its config. Its
            transforms must draw from the global generators, as MMagic's do.
    """

    def __init__(self, dataset: Dataset | dict):
        if isinstance(dataset, dict):
            dataset = DATASETS.build(dataset)
        self.dataset = dataset

    def __getitem__(self, index: int):
        """Sample of a `PositionedIndex`; of others as the dataset has it."""
        if not isinstance(index, PositionedIndex):
            return self.dataset[index]
        with seeded_cpu(index.seed, index.position):
            return self.dataset[int(index)]

    def __len__(self) -> int:
        return len(self.dataset)

    def __getattr__(self, name):
        # Without the first condition unpickling would never end.
        if name == 'dataset' or name.startswith('__'):
            raise AttributeError(name)
        return getattr(self.dataset, name)
