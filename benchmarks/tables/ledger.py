"""What is finished already: one line a piece, kept at once."""

import json
from pathlib import Path

from adacode_mm.core.exceptions import OutputError


class Ledger:
    """Results by name in a file, each with a key of what it was made of.

    A line is added as soon as a result is there, so that nothing finished is
    lost, however the process ends; a line that was cut off is not counted.

    Args:
        path: File of JSON lines; need not exist, but its folder.

    Raises:
        OutputError: If the file cannot be read or written.
    """

    def __init__(self, path: Path):
        self.path = path
        self._known: dict[str, tuple[str, dict]] = {}
        content = path.read_bytes() if path.exists() else b''
        # Whatever comes next begins on a line of its own.
        self._cut_off = bool(content) and not content.endswith(b'\n')
        for line in content.splitlines():
            try:
                name, key, record = json.loads(line)
            except (ValueError, TypeError):
                continue
            self._known[name] = (key, record)

    def get(self, name: str, key: str) -> dict | None:
        """The record of a name, if it was made of what `key` stands for."""
        known_key, record = self._known.get(name, (None, None))
        return record if known_key == key else None

    def add(self, name: str, key: str, record: dict) -> None:
        """Keep a record."""
        line = json.dumps([name, key, record]) + '\n'
        if self._cut_off:
            line, self._cut_off = '\n' + line, False
        try:
            with open(self.path, 'a', encoding='utf-8') as file:
                file.write(line)
        except OSError as error:
            raise OutputError(
                f'Expected to write {self.path}, but the system says '
                f'"{error.strerror or error}": make room and start again; '
                f'what is finished is kept.'
            ) from error
        self._known[name] = (key, record)
