"""Weights and pictures by rule: the same on both sides of a parity check."""

import zlib

import numpy as np

SKIP = (
    'relative_position_index',
    'attn_mask',
    'negatives_mask',
    'temperature',
)


def fill(name, shape, codebook_std=0.5):
    """float32 array for parameter `name` of `shape`.

    None where the buffer is computed, not learned.
    """
    if name.endswith(SKIP) or 'vgg' in name:
        return None
    z = (
        np.random.RandomState(zlib.crc32(name.encode()))
        .standard_normal(tuple(shape))
        .astype(np.float32)
    )
    if 'quantize_group' in name:
        return codebook_std * z
    if name.endswith('relative_position_bias_table'):
        return 0.2 * z
    if z.ndim == 1:
        return 1 + 0.1 * z if name.endswith('weight') else 0.05 * z
    return z / np.float32(np.sqrt(np.prod(shape[1:])))


def image(h, w, seed):
    """1x3xhxw float32 in [0,1]: smooth blobs plus noise."""
    rs = np.random.RandomState(seed)
    y, x = np.mgrid[0:h, 0:w].astype(np.float64)
    img = np.zeros((3, h, w))
    for c in range(3):
        for _ in range(6):
            fy, fx = rs.uniform(0.02, 0.6, 2).tolist()
            ph = rs.uniform(0, 6.28)
            img[c] += rs.uniform(0.2, 1) * np.sin(fy * y + fx * x + ph)
    img = (img - img.min()) / (img.max() - img.min())
    img = np.clip(img + 0.03 * rs.standard_normal(img.shape), 0, 1)
    return img[None].astype(np.float32)
