"""Tiny models in files, and a folder of small photographs."""

from pathlib import Path

import pytest
from cropped_photo import photo
from tiny_networks import tiny_network

from adacode_mm.checkpoints import save_model

KINDS = {
    'x4': {'scale': 4},
    'x2': {'scale': 2},
    'inpaint': {'scale': 1},
    'reconstruct': {'scale': 1, 'swin': False},
}


@pytest.fixture(scope='session')
def models(tmp_path_factory):
    """File of a tiny model for every task."""
    folder = tmp_path_factory.mktemp('models')
    files = {kind: folder / f'{kind}.pth' for kind in KINDS}
    for kind, path in files.items():
        save_model(*tiny_network(**KINDS[kind]), path)
    return {kind: str(path) for kind, path in files.items()}


@pytest.fixture
def photos(tmp_path, monkeypatch):
    """A folder `in` of six images, in a working directory of its own."""
    monkeypatch.chdir(tmp_path)
    for number in range(6):
        folder = Path('in') if number < 4 else Path('in/more')
        folder.mkdir(parents=True, exist_ok=True)
        photo(number).save(folder / f'{number}.png')
    return tmp_path
