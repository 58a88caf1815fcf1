"""Records of measurements: what, on which machine, from which code."""

import json
import os
import platform
import subprocess
from datetime import datetime, timezone
from pathlib import Path

import torch

from adacode_mm.core.atomic_files import write_atomically
from adacode_mm.core.exceptions import InputError


def run_record(config: str | None, seed: int, device: str) -> dict:
    """What a number means nothing without."""
    return {
        'time': datetime.now(timezone.utc).isoformat(timespec='seconds'),
        'commit': _commit(),
        'config': config and _from_checkout(config),
        'seed': seed,
        'device': device,
        'machine': _machine(device),
        'cpu_count': os.cpu_count(),
        'threads': torch.get_num_threads(),
        'load_average': [round(x, 1) for x in os.getloadavg()],
        'torch': torch.__version__,
        'python': platform.python_version(),
    }


def append_record(path: str | os.PathLike, record: dict) -> None:
    """Add a record to a JSON list in a file, written atomically.

    Raises:
        InputError: If the file holds something else.
    """
    path = Path(path)
    records = []
    if path.is_file():
        try:
            records = json.loads(path.read_text(encoding='utf-8'))
        except json.JSONDecodeError:
            records = None
        if not isinstance(records, list):
            raise InputError(
                f'{path} must hold a JSON list of records, got something '
                f'else: name another file.'
            )
    text = json.dumps([*records, record], indent=2) + '\n'
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, text)


def _from_checkout(path):
    root = Path(__file__).parents[2]
    path = Path(path).resolve()
    return str(path.relative_to(root) if root in path.parents else path)


def _commit():
    """Commit of the checkout, marked if there are changes."""
    folder = Path(__file__).parent
    try:
        commit = subprocess.run(
            ['git', 'describe', '--always', '--dirty', '--abbrev=12'],
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return commit.stdout.strip()


def _machine(device):
    if device != 'cpu':
        return torch.cuda.get_device_name()
    try:
        lines = Path('/proc/cpuinfo').read_text().splitlines()
    except OSError:
        return platform.processor()
    models = [x.split(':')[1].strip() for x in lines if x[:10] == 'model name']
    return models[0] if models else platform.processor()
