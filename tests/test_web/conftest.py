"""Small networks in files, as a user would name them."""

import pytest
import torch
from tiny_stages import tiny_config

from adacode_mm.checkpoints.model_file import open_model, save_model
from adacode_mm.registry import MODELS
from adacode_mm.restoring.restorer import Restorer
from adacode_mm.web.model_shelf import ModelShelf


@pytest.fixture(scope='session')
def model_files(tmp_path_factory):
    """Stage -> file of a network with random weights."""
    folder = tmp_path_factory.mktemp('models')
    files = {}
    for seed, stage in enumerate(('sr_x4', 'inpaint')):
        cfg = tiny_config(f'stage3_{stage}').model.generator.to_dict()
        torch.manual_seed(seed)
        bare = folder / f'bare_{stage}.pth'
        torch.save(MODELS.build(cfg).state_dict(), bare)
        files[stage] = folder / f'my_{stage}.safetensors'
        save_model(*open_model(bare, cfg), files[stage])
    return files


@pytest.fixture(scope='session')
def shelf(model_files):
    """Both networks and the names of the published ones."""
    shelf = ModelShelf(Restorer.from_pretrained)
    shelf.add_named([str(path) for path in model_files.values()])
    shelf.add_published()
    return shelf
