"""Files that are there completely or not at all."""

import math
import os
import uuid
from collections.abc import Iterable
from contextlib import contextmanager
from pathlib import Path

from .exceptions import OutputError

# Begins with a dot, so that nobody takes it for an image or an annotation.
TEMPORARY = '.unfinished-'


def write_atomically(
    path: str | Path, content: bytes | str, durable: bool = False
) -> None:
    """Write a file under a temporary name beside it, then rename it.

    Whatever ends the process, `path` holds its old content or the new one;
    what is left under the temporary name, `remove_temporary_files` removes.

    Args:
        path: File to write or to replace; its folder exists.
        content: Bytes, or text that is written as UTF-8.
        durable: Wait until the disk has it, so that a power failure cannot
            leave the new name on an empty file. Slow for many small files.

    Raises:
        OutputError: If it cannot be written.
    """
    write_lines_atomically(path, [content], durable)


def write_lines_atomically(
    path: str | Path, parts: Iterable[bytes | str], durable: bool = False
) -> None:
    """As `write_atomically`, from parts that need not be in memory at once.

    Args:
        path: File to write or to replace; its folder exists.
        parts: What to write one after the other; ends of lines included.
        durable: As for `write_atomically`.

    Raises:
        OutputError: If it cannot be written.
    """
    path = Path(path)
    temporary = path.with_name(f'{TEMPORARY}{uuid.uuid4().hex}')
    with writing(path):
        try:
            # Not `tempfile`: its files are closed to the user's group.
            with open(temporary, 'xb') as file:
                for part in parts:
                    file.write(
                        part.encode('utf-8') if isinstance(part, str) else part
                    )
                if durable:
                    file.flush()
                    os.fsync(file.fileno())
            os.replace(temporary, path)
            if durable:
                _sync_folder(path.parent)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


def remove_temporary_files(
    folder: str | Path, before: float = math.inf
) -> int:
    """Remove what killed processes have left unfinished in a folder.

    Only for a folder that nobody else writes to: `OutputFolder` sees to that,
    and so does whoever knows since when (`before`) nobody has.

    Args:
        folder: An existing folder; subfolders are not searched.
        before: Only files that were written to before this time, in seconds
            as the disk counts them.

    Returns:
        How many files were removed.
    """
    with os.scandir(folder) as entries:
        left = [
            each.path
            for each in entries
            if each.name.startswith(TEMPORARY)
            and each.stat().st_mtime < before
        ]
    for path in left:
        Path(path).unlink(missing_ok=True)
    return len(left)


def _sync_folder(folder):
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def writing(path: str | Path):
    """Turn an error of the system into an `OutputError` about `path`."""
    try:
        yield
    except OSError as error:
        raise OutputError(
            f'Expected to write {path}, but the system says '
            f'"{error.strerror or error}": make room or choose another '
            'folder, and call again; what is finished is kept.'
        ) from error
