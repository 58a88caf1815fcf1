"""What `python setup.py sdist` takes along besides the modules."""

from pathlib import Path

import pytest
from setuptools.command.egg_info import FileList

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def taken(tmp_path, monkeypatch):
    """From files of a tree to those that MANIFEST.in names."""
    monkeypatch.chdir(tmp_path)

    def choose(*names):
        for name in names:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        files = FileList()
        for line in (ROOT / 'MANIFEST.in').read_text().splitlines():
            files.process_template_line(line)
        return {Path(name).as_posix() for name in files.files}

    return choose


def test_weights_their_card_and_hashes_are_taken(taken):
    weights = [
        f'adacode_mm/weights/{name}'
        for name in ('README.md', 'SHA256SUMS', 'adacode-tiny-x4.safetensors')
    ]
    other = ['adacode_mm/weights/.new-1/a.pth', 'work_dirs/a.safetensors']
    assert taken(*weights, *other) == set(weights)


def test_configs_tools_and_tables_are_taken(taken):
    names = [
        'configs/small/stage3_sr_x4.py',
        'configs/adacode/metafile.yml',
        'tools/train.py',
        'adacode_mm/data/ade20k_super_classes.csv',
    ]
    assert taken(*names, 'tests/data/a.png') == set(names)
