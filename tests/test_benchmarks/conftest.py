"""Small test sets of the repository's photographs, and the tool's `main`."""

import shutil
from pathlib import Path

import pytest

import adacode_mm  # noqa: F401  # isort: skip  # adapts MMagic: comes first
from tiny_networks import tiny_network

from adacode_mm.checkpoints.model_file import save_model
from benchmarks import make_tables

ROOT = Path(__file__).parents[2]
PHOTOS = ROOT / 'tests/data/photos'
# One of odd size, one in grey.
NAMES = ('brick_gray_96', 'coffee_odd_131x97')


@pytest.fixture(scope='session')
def main():
    """`main` of the command line."""
    return make_tables.main


@pytest.fixture
def data(tmp_path):
    """A folder with the set `Photos`, laid out flat."""
    folder = tmp_path / 'data/Photos'
    folder.mkdir(parents=True)
    for name in NAMES:
        shutil.copy(PHOTOS / f'{name}.png', folder)
    return tmp_path / 'data'


@pytest.fixture(scope='session')
def weights(tmp_path_factory):
    """(scale, Swin layers, codebooks) -> file of a random network."""
    folder = tmp_path_factory.mktemp('weights')

    def make(scale, swin=True, codebooks=2, seed=3):
        path = folder / f'{scale}_{swin}_{codebooks}_{seed}.safetensors'
        if not path.exists():
            save_model(*tiny_network(scale, swin, codebooks, seed), path)
        return path

    return make
