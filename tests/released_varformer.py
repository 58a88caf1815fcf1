"""Fixtures of the released VarFormer networks, and networks filled as they.

Of each array of floats in `data/varformer`, every n-th value of the flattened
array is kept, n = size // 1024 made odd.
"""

import gzip
import importlib.util
import json
from ast import literal_eval
from pathlib import Path

import numpy as np
import torch

from adacode_mm.models.varformer.released import build_varformer
from adacode_mm.models.varformer.released_keys import map_released_keys

DATA = Path(__file__).parent / 'data' / 'varformer'
# The tolerances that the noise of the released code allows.
FEATURES, RESTORED, PART = 2e-5, 1e-4, 3e-6


def _load_rule():
    spec = importlib.util.spec_from_file_location(
        'varformer_fill', DATA / 'fill.py'
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


rule = _load_rule()


def read(name):
    """Arrays of a fixture; texts decoded."""
    with np.load(DATA / f'{name}.npz') as file:
        return {
            key: json.loads(str(file[key]))
            if file[key].dtype.kind == 'U'
            else file[key]
            for key in file.files
        }


def network(layout, seed, scales):
    """The network of a released layout, filled by the rule."""
    return build_varformer(rule.fill_state_dict(layout, seed), scales)


def fill_part(module, part, prefix):
    """Fill a module with the weights of a part; `prefix` is its place."""
    weights = rule.fill_state_dict(part['layout'], part['weight_seed'])
    names = map_released_keys(weights)
    module.load_state_dict(
        {names[key].removeprefix(prefix): weights[key] for key in names}
    )
    return module.eval()


def picture(size, seed, batch=1):
    """Image (batch, 3, size, size) in [-1, 1]."""
    return torch.from_numpy(rule.image(size, size, seed, batch))


def thinned(feature):
    """Eight rows and columns of a feature."""
    step = max(feature.shape[-1] // 8, 1)
    return feature[..., ::step, ::step]


def error(found, kept):
    """Relative error in the 2-norm of what the fixture keeps."""
    found = found.detach().reshape(-1)
    found = found[:: len(found) // 1024 | 1]
    kept = torch.from_numpy(kept)
    assert found.shape == kept.shape
    return ((found - kept).norm() / kept.norm()).item()


def released_layout(kind):
    """(key, shape) of a released checkpoint kind at full size."""
    path = DATA / 'keys' / f'{kind}.txt.gz'
    lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    return [(k, literal_eval(s)) for k, s, _ in (x.split('\t') for x in lines)]
