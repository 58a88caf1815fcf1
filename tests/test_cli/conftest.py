"""Tiny models in files, and a folder of small photographs."""

import hashlib
from pathlib import Path

import pytest
from cropped_photo import photo
from tiny_networks import tiny_network

from adacode_mm.checkpoints import pretrained
from adacode_mm.checkpoints.model_file import open_model, save_model

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
def packaged(models, monkeypatch, tmp_path_factory):
    """Folder of weights of a package that has the tiny models."""
    package = tmp_path_factory.mktemp('package')
    monkeypatch.setattr(pretrained, '_PACKAGE', package)
    for name, entry in list(pretrained.PRETRAINED.items()):
        if entry.packaged:
            path = package / entry.packaged
            path.parent.mkdir(exist_ok=True)
            net, info = open_model(models[name.removeprefix('adacode-tiny-')])
            save_model(net, info, path)
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            here = entry._replace(sha256=digest)
            monkeypatch.setitem(pretrained.PRETRAINED, name, here)
    return package / 'weights'


@pytest.fixture
def photos(tmp_path, monkeypatch):
    """A folder `in` of six images, in a working directory of its own."""
    monkeypatch.chdir(tmp_path)
    for number in range(6):
        folder = Path('in') if number < 4 else Path('in/more')
        folder.mkdir(parents=True, exist_ok=True)
        photo(number).save(folder / f'{number}.png')
    return tmp_path
