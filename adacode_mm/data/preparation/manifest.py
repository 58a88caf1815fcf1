"""Manifests: one JSON object a line about one file each."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from adacode_mm.core.atomic_files import write_lines_atomically
from adacode_mm.core.exceptions import InputError
from adacode_mm.work.journal import json_line


def write_manifest(path: str | Path, entries: Iterable[dict]) -> None:
    """Write a manifest atomically, in the order of the entries.

    Args:
        path: File to write or to replace.
        entries: JSON-able objects; sort them, and equal entries give an equal
            file.

    Raises:
        OutputError: If it cannot be written.
    """
    write_lines_atomically(path, (json_line(entry) for entry in entries))


def read_manifest(path: str | Path) -> list[dict]:
    """Entries of a manifest, in its order.

    Raises:
        InputError: If there is no such file or a line is no JSON object.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f'Expected a manifest at {path}, found none.')
    entries = []
    with path.open(encoding='utf-8') as file:
        for number, line in enumerate(file, 1):
            try:
                entry = json.loads(line)
            except json.JSONDecodeError:
                entry = None
            if not isinstance(entry, dict):
                raise InputError(
                    f'Expected a JSON object in line {number} of {path}, '
                    f'found {line.strip()[:60]!r}: remove the file and call '
                    'the tool that writes it again.'
                )
            entries.append(entry)
    return entries


def sha256(content: bytes) -> str:
    """Hexadecimal SHA-256 of the bytes of a file."""
    return hashlib.sha256(content).hexdigest()
