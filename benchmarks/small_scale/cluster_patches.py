"""Lists of patches, in all and by group, for training and validation."""

import hashlib
import json
from pathlib import Path

import numpy as np
from tqdm import tqdm

from adacode_mm.core.atomic_files import (
    write_atomically,
    write_lines_atomically,
)
from adacode_mm.core.exceptions import InputError
from adacode_mm.data.labelling.patch_clusters import cluster, patch_features
from benchmarks.small_scale.plan import GROUPS

# Of the photographs: their patches are never trained on.
VALIDATION_EVERY = 20


def cluster_patches(root: Path) -> None:
    """Write `annotations/*.txt` and `groups.json`, if that is not done.

    It is done again if the patches are others.

    Args:
        root: Holds `patches` with its manifest.

    Raises:
        InputError: If there are too few photographs for all groups.
    """
    target = root / 'annotations/groups.json'
    manifest = (root / 'patches/manifest.jsonl').read_bytes()
    digest = hashlib.sha256(manifest).hexdigest()
    if target.is_file() and digest == json.loads(target.read_text())['sha256']:
        return
    rows = [json.loads(line) for line in manifest.splitlines()]
    names = [row['patch'] for row in rows]
    features = [
        patch_features(root / 'patches' / name)
        for name in tqdm(names, 'describing patches')
    ]
    labels = cluster(np.stack(features), len(GROUPS))
    sources = sorted({row['source'] for row in rows})
    held_out = set(sources[::VALIDATION_EVERY])
    lists = {'train': [], 'valid': []}
    for group in GROUPS:
        lists |= {f'{group}_train': [], f'{group}_valid': []}
    for row, label in zip(rows, labels, strict=True):
        split = 'valid' if row['source'] in held_out else 'train'
        lists[split].append(row['patch'])
        lists[f'{GROUPS[label]}_{split}'].append(row['patch'])
    _refuse_empty(lists)
    target.parent.mkdir(exist_ok=True)
    for name, patches in lists.items():
        write_lines_atomically(
            target.with_name(f'{name}.txt'),
            [f'{patch}\n' for patch in patches],
        )
    counts = {name: len(patches) for name, patches in lists.items()}
    record = {'sha256': digest, 'patches': len(names), **counts}
    write_atomically(target, json.dumps(record, indent=1) + '\n')


def _refuse_empty(lists):
    empty = [name for name, patches in lists.items() if not patches]
    if empty:
        raise InputError(
            f'Every group needs patches for training and for validation, but '
            f'there are none for {", ".join(empty)}: give more photographs, '
            f'of which every {VALIDATION_EVERY}th is for validation.'
        )
