"""Small networks for restoring, whose values lie in [0, 1] for photographs."""

import torch

import adacode_mm  # noqa: F401  (before MMagic)
from adacode_mm.checkpoints.model_info import ModelInfo, describe_network
from adacode_mm.models.adacode.codebook_net import CodebookNet

SWIN = {
    'num_layers': 1,
    'depth': 2,
    'num_heads': 2,
    'window_size': 8,  # as the released networks: sizes are theirs, too
    'mlp_ratio': 2,
}
# Widths of the encoder to a latent grid of 1/2, 1/4, 1/8.
DOWN = {4: (8, 16), 2: (8, 8, 16), 1: (8, 8, 8, 16)}


def tiny_config(scale: int = 4, swin: bool = True, codebooks: int = 2) -> dict:
    """Build config: x4, x2; scale 1 with Swin layers is for inpainting."""
    tail = {'swin': SWIN, 'up_channels': (8, 8)} if swin else {}
    weights = {'type': 'adacode_mm.WeightPredictor', 'swin': SWIN}
    return {
        'encoder': {
            'type': 'adacode_mm.MultiScaleEncoder',
            'channels': DOWN[scale],
            'num_groups': 4,
            **tail,
        },
        'decoder': {
            'type': 'adacode_mm.MultiScaleDecoder',
            'channels': (16, 8, 8, 8),
            'num_groups': 4,
        },
        'quantizers': [
            {
                'type': 'adacode_mm.VectorQuantizer',
                'num_embeddings': 16,
                'embedding_dim': 8,
            }
            for _ in range(codebooks)
        ],
        'weight_predictor': weights if codebooks > 1 else None,
    }


def tiny_network(
    scale: int = 4, swin: bool = True, codebooks: int = 2, seed: int = 3
) -> tuple[CodebookNet, ModelInfo]:
    """A network with random weights, and what it is for."""
    config = tiny_config(scale, swin, codebooks)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = CodebookNet(**config).eval()
        probe = torch.rand(1, 3, 64, 64)
        for quantizer in net.quantizers:
            quantizer.embedding.weight.data.normal_(std=0.5)
    with torch.no_grad():
        image = net(probe).image
        mean, spread = image.mean(), 10 * image.std()
        # The last layer is linear: what comes out is shifted and scaled.
        net.decoder.out_conv.weight /= spread
        net.decoder.out_conv.bias -= mean
        net.decoder.out_conv.bias /= spread
        net.decoder.out_conv.bias += 0.5
    return net, describe_network(net, config)
