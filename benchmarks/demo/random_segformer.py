"""SegFormer's smallest network, with weights that nobody has trained."""

import io
import warnings
from pathlib import Path

import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope

from adacode_mm.core.atomic_files import write_atomically

# With these weights the patches of the demo are of several super-classes.
SEED = 6
CONFIG = """\
_base_ = 'mmseg::segformer/segformer_mit-b0_8xb2-160k_ade20k-512x512.py'
test_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='Resize', scale=(512, 256), keep_ratio=True),
    dict(type='LoadAnnotations', reduce_zero_label=True),
    dict(type='PackSegInputs'),
]
"""
NOTE = """\
NOTE: trained weights of SegFormer cannot be fetched here, so that a MiT-B0
with RANDOM weights stands in: it shows that the chain runs, but its labels
mean nothing. For real ones: make data-demo ARGS='--checkpoint FILE.pth'.
"""


def write_random_segformer(folder: Path) -> tuple[str, str]:
    """Write config and checkpoint, unless they are there already.

    Args:
        folder: Where to; made if need be.

    Returns:
        Paths of the config and of the checkpoint.
    """
    from mmseg.apis import init_model
    from mmseg.utils import get_classes

    folder.mkdir(parents=True, exist_ok=True)
    config = folder / 'segformer_mit-b0.py'
    checkpoint = folder / f'random_weights_{SEED}.pth'
    write_atomically(config, CONFIG)
    if not checkpoint.exists():
        torch.manual_seed(SEED)
        with (
            warnings.catch_warnings(),
            DefaultScope.overwrite_default_scope('mmseg'),
        ):
            # About the losses, which nothing is asked of here.
            warnings.simplefilter('ignore', UserWarning)
            model = init_model(Config.fromfile(config), device='cpu')
        meta = {'dataset_meta': {'classes': get_classes('ade20k')}}
        content = {'state_dict': model.state_dict(), 'meta': meta}
        buffer = io.BytesIO()
        torch.save(content, buffer)
        write_atomically(checkpoint, buffer.getvalue())
    return str(config), str(checkpoint)
