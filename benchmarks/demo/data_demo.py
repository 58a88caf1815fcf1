"""From photographs to training sets: every data tool on bundled pictures.

Crop, label, degrade, mask, and draw a sheet of the results: in less than two
minutes on two CPU cores, without any download. Started again, it does only
what is missing.
"""

import argparse
import io
import shlex
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import adacode_mm  # noqa: F401  # isort: skip  # adapts MMagic: comes first
import numpy as np
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope

from adacode_mm.core.atomic_files import write_atomically
from adacode_mm.core.exceptions import InputError
from adacode_mm.data.preparation.encode_png import encode_png
from adacode_mm.evaluation.eval_images import in_color, read_eval_image
from adacode_mm.views.comparison import side_by_side
from benchmarks.demo.photographs import HELD_OUT, TRAINING
from benchmarks.records import ROOT, run_main

SIZE = 256  # 512 is for real: these photographs are small
SHOWN = 4
INTERRUPTED = 130
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
NOTE: a MiT-B0 with RANDOM weights stands in for SegFormer: it shows that the
chain runs, but its labels mean nothing. For real ones, which are fetched once
(330 MB): make data-demo ARGS=--pretrained.
"""


def prepare_data(folder: Path, pretrained: bool = False) -> None:
    """Run all tools.

    Args:
        folder: For everything.
        pretrained: Label by the published SegFormer, not by a random one.

    Raises:
        InputError: If a tool fails; it has said why.
    """
    raw, patches = folder / 'raw', folder / 'patches'
    faces = TRAINING['portrait']
    others = {x for group in TRAINING.values() for x in group} - {*faces}
    groups = {'faces': faces, 'photographs': [*others, HELD_OUT]}
    for name, paths in groups.items():
        (raw / name).mkdir(parents=True, exist_ok=True)
        for path in paths:
            shutil.copyfile(path, raw / name / path.name)
    crop = ('crop_patches.py', '--out', patches, '--size', SIZE)
    run(*crop, raw / 'photographs')
    run(*crop, raw / 'faces', '--ffhq')
    network = () if pretrained else write_random_segformer(folder / 'network')
    split = ('--force-class', 'portrait', 'faces/*', '--valid-fraction', 0.2)
    run('label_patches.py', patches, *network, *split)
    for scale in (2, 4):
        run('make_pairs.py', patches, '--scale', scale)
    run('make_masks.py', patches, '--paint')
    write_atomically(folder / 'sheet.png', encode_png(sheet(folder)))


def write_random_segformer(folder: Path) -> tuple[str, ...]:
    """Options of `label_patches.py` for a network that nobody has trained."""
    from mmseg.apis import init_model
    from mmseg.utils import get_classes

    print(NOTE)
    folder.mkdir(parents=True, exist_ok=True)
    config, weights = folder / 'segformer.py', folder / 'random.pth'
    write_atomically(config, CONFIG)
    if not weights.exists():
        torch.manual_seed(SEED)
        with (
            warnings.catch_warnings(),
            DefaultScope.overwrite_default_scope('mmseg'),
        ):
            # About the losses, which nothing is asked of here.
            warnings.simplefilter('ignore', UserWarning)
            model = init_model(Config.fromfile(config), device='cpu')
        meta = {'dataset_meta': {'classes': get_classes('ade20k')}}
        buffer = io.BytesIO()
        torch.save({'state_dict': model.state_dict(), 'meta': meta}, buffer)
        write_atomically(weights, buffer.getvalue())
    return '--config', str(config), '--checkpoint', str(weights)


def run(tool: str, *arguments) -> None:
    """One of tools/dataset_converters, as from a shell.

    Raises:
        InputError: If it fails; it has said why.
    """
    words = [f'tools/dataset_converters/{tool}', *map(str, arguments)]
    print('\n$ python', shlex.join(words), flush=True)
    words[0] = str(ROOT / words[0])
    code = subprocess.run([sys.executable, *words]).returncode
    if code == INTERRUPTED:
        raise KeyboardInterrupt
    if code:
        raise InputError(f'{tool} has failed with exit code {code}.')


def sheet(folder: Path) -> np.ndarray:
    """Patches, their partners and their masks, uint8 RGB."""
    rows = []
    for path in sorted((folder / 'patches').glob('*_s001.png'))[:SHOWN]:
        pictures = {
            name: in_color(read_eval_image(folder / place / path.name))
            for name, place in (
                ('patch', 'patches'),
                ('x2', 'patches_LR_X2'),
                ('x4', 'patches_LR_X4'),
                ('holes', 'patches_inpaint'),
            )
        }
        rows.append(side_by_side(pictures))
    return np.concatenate(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add('--out', default='work_dirs/data_demo', help='for everything')
    add('--pretrained', action='store_true', help='fetch SegFormer (330 MB)')
    add('--fresh', action='store_true', help='forget what was made before')
    args = parser.parse_args()
    folder = Path(args.out)
    if args.fresh:
        shutil.rmtree(folder, ignore_errors=True)
    prepare_data(folder, args.pretrained)
    sheets = (folder / 'annotations').glob('contact_sheet_*.png')
    for path in [folder / 'sheet.png', *sorted(sheets)]:
        print(path)


if __name__ == '__main__':
    run_main(main)
