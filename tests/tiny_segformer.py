"""SegFormer's smallest network with seeded weights, and patches for it.

Nobody can fetch trained weights in a test. These give labels that mean
nothing, by exactly the code that trained ones go through.
"""

from pathlib import Path

import adacode_mm  # noqa: F401  # isort: skip  (before mmseg)
import torch
from mmengine.registry import DefaultScope
from PIL import Image

PHOTOS = Path(__file__).parent / 'data' / 'photos'
INSTALLED = 'mmseg::segformer/segformer_mit-b0_8xb2-160k_ade20k-512x512.py'
# With these weights the patches are of four super-classes, the two rules
# differ on six, and no label hangs on less than 2 % of the pixels.
SEED = 6
CONFIG = f"""
_base_ = '{INSTALLED}'
test_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='Resize', scale=(256, 64), keep_ratio=True),
    dict(type='LoadAnnotations', reduce_zero_label=True),
    dict(type='PackSegInputs'),
]
"""


def write_config(folder: Path) -> str:
    """Config of a MiT-B0 that sees images with a short side of 64 pixels."""
    path = folder / 'segformer_b0.py'
    path.write_text(CONFIG)
    return str(path)


def write_network(folder: Path, seed: int = SEED) -> tuple[str, str]:
    """Config and checkpoint of a MiT-B0 with 150 classes."""
    from mmengine.config import Config
    from mmseg.apis import init_model
    from mmseg.utils import get_classes

    config = write_config(folder)
    torch.manual_seed(seed)
    with DefaultScope.overwrite_default_scope('mmseg'):
        model = init_model(Config.fromfile(config), device='cpu')
    checkpoint = folder / f'segformer_b0_seed{seed}.pth'
    meta = {'dataset_meta': {'classes': get_classes('ade20k')}}
    torch.save({'state_dict': model.state_dict(), 'meta': meta}, checkpoint)
    return config, str(checkpoint)


def write_patches(folder: Path, size: int = 64, most: int = 3) -> list[str]:
    """Cut at most so many patches from every photograph; names, sorted."""
    folder.mkdir(parents=True)
    names = []
    for path in sorted(PHOTOS.glob('*.png')):
        image = Image.open(path).convert('RGB')
        corners = [
            (x, y)
            for y in range(0, image.height - size + 1, size)
            for x in range(0, image.width - size + 1, size)
        ]
        for n, (x, y) in enumerate(corners[:most], 1):
            names.append(f'{path.stem}_s{n:03d}.png')
            patch = image.crop((x, y, x + size, y + size))
            patch.save(folder / names[-1])
    return sorted(names)
