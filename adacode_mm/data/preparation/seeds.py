"""Random numbers that belong to a name, not to a place in a queue."""

import hashlib

import numpy as np


def generator_of(name: str, seed: int = 0) -> np.random.Generator:
    """Generator that depends on nothing but a name and a seed.

    So the order of the files, the number of workers and an interruption do
    not change what is drawn for a file.

    Args:
        name: Such as the name of a file.
        seed: At least 0.
    """
    digest = hashlib.sha256(name.encode('utf-8', 'surrogateescape')).digest()
    words = np.frombuffer(digest, '<u4').tolist()
    return np.random.default_rng([seed, *words])
