"""Tiny networks of every kind that is restored with."""

import torch

import adacode_mm  # noqa: F401
from adacode_mm.registry import MODELS

SWIN = {
    'num_layers': 1,
    'depth': 2,
    'num_heads': 2,
    'window_size': 4,
    'mlp_ratio': 2,
}
# Widths of the encoder; those that restore have the tail as well.
ENCODERS = {
    'sr_x4': (16, 16),
    'sr_x2': (8, 16, 16),
    'inpainting': (8, 8, 16, 16),
    'femasr': (16, 16),
    'stage1': (8, 8, 16, 16),
    'stage2': (8, 8, 16, 16),
}
CODES = {'femasr': (16,), 'stage1': (8,)}


def build(kind, width=1):
    """A network with random weights; its codes lie among its features."""
    torch.manual_seed(3)
    encoder = {
        'type': 'MultiScaleEncoder',
        'channels': [width * n for n in ENCODERS[kind]],
        'num_groups': 4,
    }
    if not kind.startswith('stage'):
        encoder |= {'swin': SWIN, 'up_channels': (16 * width, 8 * width)}
    sizes = CODES.get(kind, (8, 16, 8))
    config = {
        'type': 'CodebookNet',
        'encoder': encoder,
        'decoder': {
            'type': 'MultiScaleDecoder',
            'channels': [width * n for n in (16, 16, 8, 8)],
            'num_groups': 4,
        },
        'quantizers': [
            {
                'type': 'VectorQuantizer',
                'num_embeddings': n,
                'embedding_dim': 12 * width,
            }
            for n in sizes
        ],
    }
    if len(sizes) > 1:
        config['weight_predictor'] = {'type': 'WeightPredictor', 'swin': SWIN}
    net = MODELS.build(config)
    for quantizer in net.quantizers:
        torch.nn.init.normal_(quantizer.embedding.weight)
    return net.eval()
