"""Deterministic weights, images and sizes behind the VarFormer fixtures.

`fill(name, shape, seed)` gives a parameter's values from its released name,
its shape and a seed alone, so the fixtures need no weight files. Only numpy is
required; `fill_state_dict` also needs torch.
"""

import re
import zlib
from collections import OrderedDict

import numpy as np

#: buffers that a network computes, and tensors that never reach an output
COMPUTED = (
    'relative_position_index',
    'attn_mask',
    'lvl_1L',
    'attn_bias_for_masking',
    'zero_k_bias',
    'ema_vocab_hit_SV',
    'patch_embed.proj.weight',
    'patch_embed.proj.bias',
)

#: factors on z / sqrt(fan in) of kernels and matrices; the first pattern found
#: in the name counts
GAIN = (
    (
        r'\.cat_rec_syn\.Level_\d\.conv1x1\.weight$',
        4.0,
    ),  # peaked weights over the ten scales
    (
        r'decoder\.conv_out\.weight$',
        0.35,
    ),  # both decoders: keep the image off the clamp
    (r'head\.weight$', 2.5),  # spread the logits: wide margins between tokens
    (
        r'mat_q\.weight$',
        8.0,
    ),  # cross-attention far from uniform: the query stream counts
    (r'\.IMAC\.', 1.5),
)


def fill(name, shape, seed=0):
    """float32 array for `name` of `shape`, or None where the value is computed
    or has no effect.

    z is standard normal, from a generator seeded with the CRC of "seed:name".
    Gates that start at zero become 0.3 z, vectors 1 + 0.1 z (weights) or
    0.05 z (biases), matrices and kernels z / sqrt(fan in) times a factor of
    GAIN; the few other kinds are below. Activations stay near 1 through every
    network of the fixtures.
    """
    if name.endswith(COMPUTED):
        return None
    shape = tuple(int(s) for s in shape)
    rs = np.random.RandomState(zlib.crc32(f'{seed}:{name}'.encode()))
    z = (
        rs.standard_normal(shape if shape else (1,))
        .astype(np.float32)
        .reshape(shape)
    )
    leaf = name.rsplit('.', 1)[-1]
    if leaf in ('beta', 'gamma'):
        out = 0.3 * z
    elif leaf == 'theta':
        out = 1 + 0.7 * z
    elif leaf == 'input_w':
        out = 0.3 + 0.05 * z
    elif leaf == 'scale_mul_1H11':
        out = np.log(4.0) + 0.2 * z
    elif leaf == 'scale':  # channel attention of the decoder adjustment
        out = 4 + 0.5 * z
    elif leaf in ('q_bias', 'v_bias'):
        out = 0.1 * z
    elif leaf == 'relative_position_bias_table' or name.endswith(
        'quantize.embedding.weight'
    ):
        out = 0.3 * z
    elif name.endswith(
        ('class_emb.weight', 'lvl_embed.weight', 'pos_start', 'pos_1LC')
    ):
        out = 0.7 * z
    elif name.endswith('ada_lin.1.bias'):
        out = 0.3 * z
    elif z.ndim >= 2:
        gain = next(
            (g for pattern, g in GAIN if re.search(pattern, name)), 1.0
        )
        out = gain * (z / np.sqrt(np.prod(shape[1:])))
    elif leaf == 'weight':
        out = 1 + 0.1 * z
    else:
        out = 0.05 * z
    return np.asarray(out, dtype=np.float32)


def image(h, w, seed, batch=1):
    """batch x 3 x h x w float32 in [-1, 1]: smooth waves, a little noise."""
    out = []
    for b in range(batch):
        rs = np.random.RandomState(seed + 1000 * b)
        y, x = np.mgrid[0:h, 0:w].astype(np.float64)
        img = np.zeros((3, h, w))
        for c in range(3):
            for _ in range(6):
                fy, fx = rs.uniform(0.02, 0.5, 2)
                img[c] += rs.uniform(0.2, 1) * np.sin(
                    fy * y + fx * x + rs.uniform(0, 6.28)
                )
        img = (img - img.min()) / (img.max() - img.min())
        out.append(np.clip(img + 0.03 * rs.standard_normal(img.shape), 0, 1))
    return (2 * np.stack(out) - 1).astype(np.float32)


def tensor(shape, seed, scale=1.0):
    """float32 standard normal times `scale`: the inputs of parts.npz."""
    return (
        scale * np.random.RandomState(seed).standard_normal(tuple(shape))
    ).astype(np.float32)


def fill_state_dict(layout, seed=0):
    """{name: torch tensor} for `layout`, a list of [name, shape].

    Computed entries are left out.
    """
    import torch

    out = OrderedDict()
    for name, shape in layout:
        a = fill(name, shape, seed)
        if a is not None:
            out[name] = torch.from_numpy(np.array(a))
    return out
