"""State dicts in the layout of the released files, filled by name."""

import gzip
import importlib.util
import json
import re
from ast import literal_eval
from pathlib import Path

import numpy as np
import torch

DATA = Path(__file__).parent / 'data'
KINDS = (
    'stage1_256',
    'stage1_512',
    'stage2',
    'stage3_x2',
    'stage3_x4',
    'stage3_inpaint',
)


def _load_rule():
    spec = importlib.util.spec_from_file_location('fill', DATA / 'fill.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


rule = _load_rule()


def filled(layout):
    """Tensors for (released key, shape) pairs; computed buffers are zeros."""
    state = {}
    for key, shape in layout:
        value = rule.fill(key, shape)
        state[key] = (
            torch.zeros(shape) if value is None else torch.from_numpy(value)
        )
    return state


def read_keys(kind):
    """(key, shape, is a parameter) of a released checkpoint kind."""
    path = DATA / 'released_keys' / f'{kind}.txt.gz'
    lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    rows = [line.split('\t') for line in lines]
    return [(k, literal_eval(s), role == 'param') for k, s, _, role in rows]


def layout_of(kind):
    """All (key, shape) of a released checkpoint kind."""
    return [(key, shape) for key, shape, _ in read_keys(kind)]


_DEEP = re.compile(r'swin_blks\.([2-9]|\d\.residual_group\.blocks\.[2-9])')
# Sides that are multiples of 32, as the normalisation wants it.
_SMALL = {64: 32, 128: 32, 256: 64, 512: 128, 768: 192, 1024: 256}


def small_layout_of(kind):
    """As `layout_of`, narrower and with two RSTBs of two blocks only."""
    return [
        (key, tuple(_SMALL.get(side, side) for side in shape))
        for key, shape in layout_of(kind)
        if not key.startswith('vgg_') and not _DEEP.search(key)
    ]


def discriminator_layout(width=64):
    """(key, shape) of the released discriminator."""
    yield 'conv0.weight', (width, 3, 3, 3)
    yield 'conv0.bias', (width,)
    steps = [(1, 2, 4), (2, 4, 4), (4, 8, 4), (8, 4, 3), (4, 2, 3)]
    steps += [(2, 1, 3), (1, 1, 3), (1, 1, 3)]
    for i, (given, out, kernel) in enumerate(steps, 1):
        shape = (width * out, width * given, kernel, kernel)
        yield f'conv{i}.weight_orig', shape
        yield f'conv{i}.weight_u', shape[:1]
        yield f'conv{i}.weight_v', (shape[1] * kernel**2,)
    yield 'conv9.weight', (1, width, 3, 3)
    yield 'conv9.bias', (1,)


def read_fixture(name):
    """Arrays of a fixture made by the released classes, layout decoded."""
    with np.load(DATA / f'{name}.npz') as file:
        arrays = {key: file[key] for key in file.files}
    arrays['layout'] = [
        (key, tuple(shape)) for key, shape in json.loads(str(arrays['layout']))
    ]
    return arrays


def picture(height, width, seed):
    """Synthetic image (1, 3, height, width) in [0, 1]."""
    return torch.from_numpy(rule.image(height, width, seed))


def relative_error(found, expected):
    """2-norm of the difference over the 2-norm of what is expected."""
    found, expected = torch.as_tensor(found), torch.as_tensor(expected)
    return ((found - expected).norm() / expected.norm()).item()
