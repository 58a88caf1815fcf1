"""A folder that a batch fills, and its memory of what is finished."""

import json
import os
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from adacode_mm.core.atomic_files import (
    remove_temporary_files,
    write_atomically,
    writing,
)
from adacode_mm.core.exceptions import InputError
from adacode_mm.work.batch_report import BatchReport

from .manifest import json_line

try:
    import fcntl
except ImportError:  # Windows: two runs at once are the user's to avoid
    fcntl = None

REPORT = 'report.txt'


class OutputFolder:
    """A folder that one batch at a time fills, as a context.

    A hidden file in it, the journal, gets one line for every finished item,
    in one go after its files are written. So a process may be killed at any
    moment: a line that is half there is dropped, and the files of an item
    without a line are written again.

    Entering makes the folder, makes sure that no other run writes to it,
    removes what a killed run left unfinished, and reads the journal.

    Args:
        path: The folder.
        tool: Name of the tool that fills it, such as 'crop_patches'; another
            tool does not write to this folder.

    Attributes:
        records: What the journal says: from the name of an item to its
            newest record, a JSON-able dictionary.

    Raises:
        InputError: If another run is at work in the folder, or if it holds
            files that this tool did not write.
        OutputError: If nothing can be written there.
    """

    def __init__(self, path: str | Path, tool: str):
        self.path = Path(path)
        self.tool = tool
        self.records: dict[str, dict] = {}
        self._journal = None

    def __enter__(self) -> 'OutputFolder':
        with writing(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
        journal = self.path / f'.{self.tool}.jsonl'
        if not journal.exists():
            self._refuse_strangers()
        with writing(journal):
            self._journal = open(journal, 'a+b', buffering=0)
        try:
            self._lock()
            remove_temporary_files(self.path)
            self._read_journal()
        except BaseException:
            self._journal.close()
            raise
        return self

    def __exit__(self, *_) -> None:
        remove_temporary_files(self.path)
        self._journal.close()  # which unlocks it, too

    def record(self, name: str, record: dict) -> None:
        """Remember that an item is finished, at once and for good.

        Args:
            name: Of the item.
            record: What a later call needs to know about it; JSON-able.

        Raises:
            OutputError: If the journal cannot be written.
        """
        line = json_line({'item': name, **record}).encode('utf-8')
        with writing(self.path / f'.{self.tool}.jsonl'):
            # A disk that fills up may take a part and raise at the rest.
            while line:
                line = line[self._journal.write(line) :]
        self.records[name] = record

    def prepare_subfolders(self, names: Iterable[str]) -> None:
        """Make the folders of files, and remove what is unfinished there.

        Args:
            names: Of the files to come, relative to this folder, with '/'.

        Raises:
            OutputError: If a folder cannot be made.
        """
        for below in sorted(
            {str(PurePosixPath(name).parent) for name in names}
        ):
            with writing(self.path / below):
                (self.path / below).mkdir(parents=True, exist_ok=True)
            remove_temporary_files(self.path / below)

    def finish(self, report: BatchReport) -> int:
        """Write and print the report.

        Args:
            report: Of the batch.

        Returns:
            The exit code for the process.
        """
        text = report.text()
        try:
            write_atomically(self.path / REPORT, report.text(shown=None))
            if len(text) < len(report.text(shown=None)):
                text += f'All names are in {self.path / REPORT}\n'
        except InputError as error:  # a full disk: the screen has to do
            text += f'{error}\n'
        print(text, end='', flush=True)
        return report.exit_code

    def _refuse_strangers(self):
        with os.scandir(self.path) as entries:
            names = [e.name for e in entries if not e.name.startswith('.')]
        if names:
            raise InputError(
                f'Expected a new folder or one that {self.tool} has filled, '
                f'but {self.path} holds {min(names)!r} and nothing tells '
                'where it comes from: choose another --out.'
            )

    def _lock(self):
        if fcntl is None:
            return
        try:
            # Unlike those of `flock`, these locks do not pass to workers,
            # which may outlive a killed run for as long as an item takes.
            fcntl.lockf(self._journal, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError(
                f'Another run of {self.tool} is writing to {self.path}: wait '
                'until it has ended or choose another --out.'
            ) from None

    def _read_journal(self):
        self._journal.seek(0)
        content = self._journal.read()
        whole = content.rfind(b'\n') + 1
        if whole < len(content):
            self._journal.truncate(whole)
        for line in content[:whole].splitlines():
            try:
                record = json.loads(line)
                self.records[record.pop('item')] = record
            except (ValueError, KeyError, AttributeError):
                raise InputError(
                    f'Expected the journal {self._journal.name} as '
                    f'{self.tool} writes it, found {line[:60]!r} in it: '
                    'choose another --out.'
                ) from None
