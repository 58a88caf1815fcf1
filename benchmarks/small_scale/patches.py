"""Patches, and lists of them, in all and by group."""

import hashlib
import json
from collections import defaultdict
from pathlib import Path

import numpy as np
from tqdm import tqdm

from adacode_mm.core.atomic_files import write_atomically
from adacode_mm.core.exceptions import InputError
from adacode_mm.data.labelling.patch_clusters import cluster, patch_features

from .plan import GROUPS

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
    features = [
        patch_features(root / 'patches' / row['patch'])
        for row in tqdm(rows, 'describing patches')
    ]
    labels = cluster(np.stack(features), len(GROUPS))
    held_out = sorted({row['source'] for row in rows})[::VALIDATION_EVERY]
    lists = defaultdict(list)
    for row, label in zip(rows, labels, strict=True):
        split = 'valid' if row['source'] in held_out else 'train'
        lists[split].append(row['patch'])
        lists[f'{GROUPS[label]}_{split}'].append(row['patch'])
    for name in (f'{g}_{s}' for g in GROUPS for s in ('train', 'valid')):
        if name not in lists:
            raise InputError(
                f'Every group needs patches for training and for validation, '
                f'but there are none for {name}: give more photographs, of '
                f'which every {VALIDATION_EVERY}th is for validation.'
            )
    target.parent.mkdir(exist_ok=True)
    for name, patches in lists.items():
        path = target.with_name(f'{name}.txt')
        write_atomically(path, ''.join(f'{patch}\n' for patch in patches))
    counts = {name: len(patches) for name, patches in lists.items()}
    record = {'sha256': digest, 'patches': len(rows), **counts}
    write_atomically(target, json.dumps(record, indent=1) + '\n')
