"""A tiny SegFormer for all tests of this folder, made once."""

import pytest
import torch
from tiny_segformer import write_network


@pytest.fixture(scope='session')
def segformer(tmp_path_factory):
    """(config, checkpoint) of a MiT-B0 with seeded weights."""
    return write_network(tmp_path_factory.mktemp('segformer'))


@pytest.fixture(autouse=True)
def one_thread():
    """As under torchrun, so that equal input gives equal bits."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
