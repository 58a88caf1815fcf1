"""MMEngine writes checkpoints that are complete or not there."""

import os
from pathlib import Path

from mmengine.fileio import LocalBackend, register_backend

from adacode_mm.core.atomic_files import write_atomically


@register_backend('adacode_mm_atomic', force=True)
class AtomicLocalBackend(LocalBackend):
    """MMEngine's local files, written atomically.

    Chosen by `backend_args=dict(backend='adacode_mm_atomic')`.
    """

    def put(self, obj: bytes, filepath: str | os.PathLike) -> None:
        """Write bytes; the folder is made."""
        path = Path(filepath)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, obj, durable=True)

    def put_text(
        self,
        obj: str,
        filepath: str | os.PathLike,
        encoding: str = 'utf-8',
    ) -> None:
        """Write text; the folder is made."""
        self.put(obj.encode(encoding), filepath)
