import json
from pathlib import Path
from urllib.error import URLError

import numpy as np
import pytest
import torch

import adacode_mm  # noqa: F401  (adapts third parties before MMagic loads)
from adacode_mm.models.structures import CodebookOutput, Quantized

DATA = Path(__file__).parents[2] / 'data'


@pytest.fixture(autouse=True)
def offline_hub(tmp_path, monkeypatch):
    """An empty cache of pretrained weights, and no way to fill it."""

    def download_url_to_file(*args, **kwargs):
        raise URLError('no network in tests')

    monkeypatch.setattr(
        torch.hub, 'download_url_to_file', download_url_to_file
    )
    # Not `set_dir`: it would hide what other tests set here.
    monkeypatch.setenv('TORCH_HOME', str(tmp_path))
    return Path(torch.hub.get_dir(), 'checkpoints')


@pytest.fixture(scope='session')
def released():
    """Inputs (tensors) and values of the released loss functions."""
    with np.load(DATA / 'losses.npz') as file:
        values = json.loads(str(file['values']))
        inputs = {
            name: torch.from_numpy(file[name])
            for name in file.files
            if name != 'values'
        }
    return inputs, values


@pytest.fixture
def output():
    """Makes a `CodebookOutput` of the parts that a loss looks at."""

    def make(pre_quant=(), codes=(), feat=None, mixed=None, semantic=None):
        return CodebookOutput(
            image=None,
            feat=feat,
            pre_quant=list(pre_quant),
            quantized=[Quantized(None, c, None) for c in codes],
            mixed=mixed,
            semantic=semantic,
        )

    return make


@pytest.fixture
def feature():
    """Makes a leaf (B, C, h, w) of nested numbers."""

    def make(values):
        return torch.tensor(values, dtype=torch.float32, requires_grad=True)

    return make
