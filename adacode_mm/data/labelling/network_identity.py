"""Which network a folder of segmentations is from."""

import hashlib
import json
import os
from pathlib import Path

from adacode_mm.core.atomic_files import write_atomically
from adacode_mm.core.exceptions import InputError

from .segmenter import read_config

FILE = 'network.json'


def check_network(
    folder: Path, config: str, weights: str, finished: int
) -> None:
    """Refuse to mix the results of two networks; remember the first.

    Args:
        folder: Of the segmentations.
        config: Of the network that is to go on with them.
        weights: File of its weights.
        finished: Number of results in the folder.

    Raises:
        InputError: If there are results of another network.
        OutputError: If the network cannot be remembered.
    """
    path = folder / FILE
    identity = {
        'config': _config_hash(config),
        'weights': _file_hash(weights),
        'config_path': config,
        'weights_path': os.path.abspath(weights),
    }
    if finished and path.is_file():
        known = json.loads(path.read_text(encoding='utf-8'))
        for key in ('config', 'weights'):
            if known.get(key) != identity[key]:
                raise InputError(
                    f'The {finished} results in {str(folder)!r} are of '
                    f'another network ({key}: {known.get(f"{key}_path")!r}, '
                    f'not {identity[f"{key}_path"]!r}) and must not be '
                    f'mixed: remove that folder or give another --out.'
                )
    else:
        write_atomically(path, json.dumps(identity, indent=2) + '\n')


def _config_hash(path):
    """Of what decides the result: data sets and schedules do not."""
    config = read_config(path).to_dict()
    parts = [config['model'], config['test_pipeline']]
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _file_hash(path):
    digest = hashlib.sha256()
    with open(path, 'rb') as file:
        while block := file.read(2**20):
            digest.update(block)
    return digest.hexdigest()
