import pytest
import torch

import adacode_mm  # noqa: F401
from adacode_mm.models.adacode.codebook_patches import codebook_patches
from adacode_mm.registry import MODELS


@pytest.fixture(scope='module')
def net():
    torch.manual_seed(0)
    net = MODELS.build(
        {
            'type': 'adacode_mm.CodebookNet',
            'encoder': {
                'type': 'adacode_mm.MultiScaleEncoder',
                'channels': (8, 8, 8, 16),
                'num_groups': 4,
            },
            'decoder': {
                'type': 'adacode_mm.MultiScaleDecoder',
                'channels': (16, 16, 8, 8),
                'num_groups': 4,
            },
            'quantizers': [
                {
                    'type': 'adacode_mm.VectorQuantizer',
                    'num_embeddings': n,
                    'embedding_dim': 16,
                }
                for n in (10, 7)
            ],
            'weight_predictor': {
                'type': 'adacode_mm.WeightPredictor',
                'swin': {
                    'num_layers': 1,
                    'depth': 2,
                    'num_heads': 2,
                    'window_size': 4,
                },
            },
        }
    )
    for quantizer in net.quantizers:
        torch.nn.init.normal_(quantizer.embedding.weight, std=3)
    torch.nn.init.constant_(net.decoder.out_conv.bias, 0.5)
    return net


@pytest.mark.parametrize('basis', [0, 1])
def test_each_patch_is_the_picture_of_its_code(net, basis):
    patches = codebook_patches(net, basis=basis)
    assert patches.shape == ((10, 7)[basis], 3, 32, 32)
    assert not patches.requires_grad
    for code, patch in enumerate(patches):
        index = torch.full((1, 4, 4), code)
        picture = net.decode_indices(index, basis=basis)[0].clamp(0, 1)
        torch.testing.assert_close(patch, picture)
    assert torch.pdist(patches.flatten(1)).min() > 1e-3  # no two alike
    assert patches.min() == 0 or patches.max() == 1  # something was clipped


def test_chunks_give_the_same_patches(net):
    whole = codebook_patches(net, chunk=64)
    torch.testing.assert_close(codebook_patches(net, chunk=3), whole)


def test_tiles_set_the_size(net):
    assert codebook_patches(net, tiles=2).shape == (10, 3, 16, 16)
