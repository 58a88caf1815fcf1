"""The global random numbers of Python, NumPy and PyTorch: read, set, keep."""

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch


def get_random_state() -> dict:
    """States of all global generators of this process.

    Returns:
        Tensors and plain Python values only, which any safe reader of
        checkpoints takes: `python`, `numpy`, `torch` and, where there is a
        GPU, `cuda` (its current device).
    """
    version, internal, gauss = random.getstate()
    name, keys, position, has_gauss, cached = np.random.get_state()
    state = {
        'python': (version, torch.tensor(internal), gauss),
        'numpy': (
            str(name),
            torch.from_numpy(keys.astype(np.int64)),
            int(position),
            int(has_gauss),
            float(cached),
        ),
        'torch': torch.get_rng_state(),
    }
    if torch.cuda.is_available():
        state['cuda'] = torch.cuda.get_rng_state()
    return state


def set_random_state(state: dict) -> None:
    """Go back to what `get_random_state` returned, on any device."""
    version, internal, gauss = state['python']
    random.setstate((version, tuple(internal.tolist()), gauss))
    name, keys, *rest = state['numpy']
    np.random.set_state((name, keys.cpu().numpy().astype(np.uint32), *rest))
    torch.set_rng_state(state['torch'].cpu())
    if 'cuda' in state and torch.cuda.is_available():
        torch.cuda.set_rng_state(state['cuda'].cpu())


@contextmanager
def kept_random_state() -> Iterator[None]:
    """Whatever is drawn inside of the block, nobody outside notices."""
    state = get_random_state()
    try:
        yield
    finally:
        set_random_state(state)


@contextmanager
def seeded_cpu(*seeds: int) -> Iterator[None]:
    """Seed the CPU's generators for a block; afterwards they go on as before.

    Args:
        *seeds: Non-negative numbers; every combination is a seed of its own.
    """
    before = random.getstate(), np.random.get_state(), torch.get_rng_state()
    words = np.random.SeedSequence(seeds).generate_state(4)
    # PyTorch's generator takes 32 bits of a seed; and `torch.manual_seed`
    # would seed the GPUs, too.
    torch.default_generator.manual_seed(int(words[0]))
    random.seed(words.tobytes())
    np.random.seed(words)
    try:
        yield
    finally:
        random.setstate(before[0])
        np.random.set_state(before[1])
        torch.set_rng_state(before[2])
