"""Finished segmentations of many processes, kept through any end of them."""

import json
import uuid
from collections.abc import Mapping
from pathlib import Path

from adacode_mm.core.atomic_files import (
    remove_temporary_files,
    write_lines_atomically,
    writing,
)
from adacode_mm.core.exceptions import InputError
from adacode_mm.data.preparation.manifest import json_line

PATCHES_PER_SHARD = 512


class ResultShards:
    """A folder of JSON-line files, each written by one process.

    A shard is written anew, atomically, with every batch that is added, until
    it is full. Its name is random, so that no process overwrites what another
    one or an earlier run has written.

    Args:
        folder: Where the shards are; may be missing before `prepare`.
    """

    def __init__(self, folder: str | Path):
        self.folder = Path(folder)
        self._open: Path | None = None
        self._lines: list[str] = []

    def prepare(self) -> None:
        """Make the folder and remove what killed processes left unfinished.

        To be called by one process, before any other begins to write.

        Raises:
            OutputError: If nothing can be written there.
        """
        with writing(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            remove_temporary_files(self.folder)

    def read(self, hashes: Mapping[str, str | None] | None = None) -> dict:
        """All results so far of patches as they are now.

        Args:
            hashes: SHA-256 of each patch, None where it is not known. A
                result of a patch that has changed since is left out.

        Returns:
            For each patch, what was given to `add`.

        Raises:
            InputError: If a shard holds something else.
        """
        hashes = hashes or {}
        results = {}
        for path in sorted(self.folder.glob('*.jsonl')):
            with path.open(encoding='utf-8') as file:
                for line in file:
                    name, record = _parse(line, path)
                    known = {record.get('sha256'), hashes.get(name)} - {None}
                    if len(known) < 2:
                        results[name] = record
        return results

    def add(self, results: dict[str, dict]) -> None:
        """Keep the results of a batch, for good when this returns.

        Args:
            results: JSON-able record of each patch.

        Raises:
            OutputError: If the shard cannot be written.
        """
        if not results:
            return
        if self._open is None or len(self._lines) >= PATCHES_PER_SHARD:
            self._open = self.folder / f'{uuid.uuid4().hex}.jsonl'
            self._lines = []
        self._lines += [
            json_line({'patch': name, **record})
            for name, record in results.items()
        ]
        write_lines_atomically(self._open, self._lines)


def _parse(line, path):
    try:
        record = json.loads(line)
        return record.pop('patch'), record
    except (ValueError, KeyError, AttributeError, TypeError):
        raise InputError(
            f'{path} must hold results of label_patches, but {line[:60]!r} '
            f'was found in it: remove that file; its patches are segmented '
            f'again.'
        ) from None
