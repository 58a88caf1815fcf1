"""`pip install adacode-mm` without extras restores images."""

import json
import os
import runpy
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import numpy as np
import setuptools
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from PIL import Image

ROOT = Path(__file__).parents[1]
PHOTO = ROOT / 'tests/data/photos/coffee_odd_131x97.png'
# The modules named first cannot be imported, as if they were not installed.
RUN = """
import json, sys
for name in json.loads(sys.argv[1]):
    sys.modules[name] = None
from adacode_mm.cli.main import main
for command in json.loads(sys.argv[2]):
    assert main(command) == 0, command
"""


def required(monkeypatch):
    """Names of the distributions that a plain installation brings."""
    monkeypatch.setattr(setuptools, 'setup', lambda **_: None)
    setup = runpy.run_path(str(ROOT / 'setup.py'))
    todo = [Requirement(each) for each in setup['INSTALL_REQUIRES']]
    names = {'adacode-mm', 'pip', 'setuptools'}
    seen = set()
    while todo:
        asked = todo.pop()
        name = canonicalize_name(asked.name)
        if (name, *asked.extras) in seen:
            continue
        seen.add((name, *asked.extras))
        names.add(name)
        for text in metadata.requires(name) or []:
            needed = Requirement(text)
            if needed.marker is None or any(
                needed.marker.evaluate({'extra': extra})
                for extra in asked.extras or {''}
            ):
                todo.append(needed)
    return names


def test_a_plain_installation_restores(tmp_path, monkeypatch):
    names = required(monkeypatch)
    absent = [
        module
        for module, owners in metadata.packages_distributions().items()
        if not names & {canonicalize_name(owner) for owner in owners}
        and not module.startswith('_')
    ]
    assert {'mmagic', 'mmcv', 'scipy', 'gradio', 'onnx'} <= set(absent)
    Image.open(PHOTO).crop((0, 0, 40, 36)).save(tmp_path / 'photo.png')
    white = np.zeros((36, 40), np.uint8)
    white[10:20, 10:30] = 255
    Image.fromarray(white).save(tmp_path / 'mask.png')
    commands = [
        ['sr', 'photo.png', '-o', 'large.png'],
        ['inpaint', 'photo.png', '--mask', 'mask.png', '-o', 'filled.png'],
        ['weights', 'photo.png', '-o', 'maps'],
        ['codebook', '-o', 'codes'],
    ]
    done = subprocess.run(
        [sys.executable, '-c', RUN, json.dumps(absent), json.dumps(commands)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={**os.environ, 'PYTHONPATH': str(ROOT), 'OMP_NUM_THREADS': '1'},
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / 'large.png').is_file()
    assert (tmp_path / 'filled.png').is_file()
