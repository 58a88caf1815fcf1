"""MMEngine's files are written atomically, and onto the disk."""

import os

from mmengine.fileio import get_file_backend

import adacode_mm  # noqa: F401
from adacode_mm.checkpoints import atomic_backend


def test_mmengine_writes_through_it(tmp_path, monkeypatch):
    written = []

    def write(path, content, durable):
        written.append((os.path.relpath(path, tmp_path), content, durable))

    monkeypatch.setattr(atomic_backend, 'write_atomically', write)
    backend = get_file_backend(
        str(tmp_path), backend_args={'backend': 'adacode_mm_atomic'}
    )
    backend.put(b'a', tmp_path / 'new' / 'a.pth')
    backend.put_text('ä', str(tmp_path / 'last_checkpoint'))
    assert written == [
        ('new/a.pth', b'a', True),
        ('last_checkpoint', b'\xc3\xa4', True),
    ]
    assert (tmp_path / 'new').is_dir()
