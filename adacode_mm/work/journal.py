"""What is finished in a folder: one append-only file, its last line wins."""

import json
import os
import threading
from collections.abc import Iterable, Mapping
from contextlib import nullcontext, suppress
from hashlib import sha256
from pathlib import Path, PurePosixPath
from time import monotonic

from adacode_mm.core.atomic_files import (
    remove_temporary_files,
    write_atomically,
    writing,
)
from adacode_mm.core.exceptions import InputError

from .places import Place, file_system, inside, is_url, read_bytes, write_bytes

FOLDER = '.adacode'
FILE = 'journal.jsonl'
UPLOAD_EVERY = 10.0  # seconds
# Workers of a run that was killed end a moment later, and hold its lock.
WAIT = 2.0  # seconds


class Journal:
    """The memory of a folder that one run at a time fills, as a context.

    It is `.adacode/journal.jsonl` in that folder: the tool that fills it,
    then a line for every finished item, written in one go and synced to the
    disk after the item's files are there. So a run may be killed at any
    moment: what has no line is done again, and a line that is half there is
    ignored. An item that has begun has a line, too, and whatever file it may
    have left is this program's to replace.

    Of a folder behind a URL the journal lies in the user's cache and is
    copied to the folder every ten seconds and at the end.

    Args:
        folder: Of the outputs; is made.
        tool: What fills it. Another tool does not write to this folder.
        new: Refuse a folder with files that no journal explains.
        rank: Of this process, if a run has several. The first opens the
            journal before the others do.

    Attributes:
        folder: As given.
        records: Key of an item -> its newest record, a dictionary.
        begun: Keys of items that a run had begun and not finished.

    Raises:
        InputError: If another run is at work in the folder, or if it holds
            what this tool did not write.
        OutputError: If nothing can be written there.
    """

    def __init__(
        self,
        folder: Place,
        tool: str,
        *,
        new: bool = False,
        rank: int | None = None,
    ):
        from filelock import FileLock  # here, since `--help` needs none

        self.folder = folder
        self.tool = tool
        self.records: dict[str, dict] = {}
        self.begun: set[str] = set()
        self.home = _cached(folder) if is_url(folder) else folder / FOLDER
        self._new = new
        self._first = not rank
        self._lock = FileLock(self.home / 'lock', timeout=WAIT)
        # Several processes of a run append in turn.
        alone = rank is None
        self._turn = nullcontext() if alone else FileLock(self.home / 'turn')
        self._threads = threading.RLock()
        self._touched: set[Path] = set()
        if not is_url(folder):
            self._touched.add(folder)
        self._uploaded = monotonic()
        self._file = None

    @property
    def _header(self) -> bytes:
        return json_line({'tool': self.tool}).encode()

    @property
    def path(self) -> Path:
        """The file."""
        return self.home / FILE

    def __enter__(self) -> 'Journal':
        if is_url(self.folder):
            file_system(self.folder)  # there may be none for it
        elif self._new and not self.path.exists():
            self._refuse_strangers()
        self._made = not is_url(self.folder) and not self.folder.exists()
        with writing(self.home):
            self.home.mkdir(parents=True, exist_ok=True)
        try:
            if self._first:
                self._lock.acquire()
        except TimeoutError:
            raise InputError(
                f'Another run is writing to {self.folder}: wait until it has '
                'ended, or choose another folder. Ray shares one folder '
                'among many machines: see --engine.'
            ) from None
        try:
            if self._first:
                if is_url(self.folder):
                    self._download()
                self.reload()
                self.tidy(())
            with writing(self.path):
                self._file = open(self.path, 'ab', buffering=0)
            if not self.path.stat().st_size:
                self._append([{'tool': self.tool}], durable=False)
        except BaseException:
            self._lock.release()
            raise
        return self

    def __exit__(self, *_) -> None:
        self._file.close()
        if not self._first:
            return
        for folder in self._touched:
            _remove_unfinished(folder)
        if self.path.stat().st_size <= len(self._header) and not (
            self._new and os.listdir(self.folder) != [FOLDER]
        ):
            self._vanish()
        elif is_url(self.folder):
            self._upload()
        self._lock.release()

    def _vanish(self):
        """Leave no folder behind where nothing was done."""
        self.path.unlink()
        for name in ('lock', 'turn'):
            (self.home / name).unlink(missing_ok=True)
        with suppress(OSError):  # there is something else in it
            self.home.rmdir()
            if self._made:
                Path(self.folder).rmdir()

    def record(self, key: str, record: dict) -> None:
        """Remember that an item is finished, for good when this returns.

        Args:
            key: Of the item.
            record: What a later run needs to know about it; JSON-able.

        Raises:
            OutputError: If the journal cannot be written.
        """
        self.record_all({key: record})

    def record_all(self, records: Mapping[str, dict]) -> None:
        """As `record`, for several items at once."""
        self._append({'item': key, **each} for key, each in records.items())
        self.records.update(records)
        self.begun.difference_update(records)

    def begin(self, key: str) -> None:
        """Say that the files of an item are about to be written."""
        self._append([{'item': key, 'begun': True}], durable=False)
        self.begun.add(key)

    def tidy(self, folders: Iterable[PurePosixPath]) -> None:
        """Remove what killed runs left unfinished in folders below.

        Args:
            folders: Relative to the folder; looked into again at the end.
        """
        if not is_url(self.folder):
            self._touched.update(self.folder / each for each in set(folders))
        for folder in self._touched:
            _remove_unfinished(folder)

    def prepare(self, keys: Iterable[str]) -> None:
        """Make the folders of files, and remove what is unfinished there.

        Args:
            keys: Names of the files to come, relative to the folder.

        Raises:
            OutputError: If a folder cannot be made.
        """
        folders = {PurePosixPath(key).parent for key in keys}
        for below in folders:
            with writing(self.folder / below):
                (self.folder / below).mkdir(parents=True, exist_ok=True)
        self.tidy(folders)

    def _append(self, entries, durable=True):
        lines = ''.join(json_line(entry) for entry in entries).encode()
        if not lines:
            return
        with self._threads, self._turn, writing(self.path):
            if not _ends_with_a_line(self.path):  # of a run that was killed
                lines = b'\n' + lines
            # A disk that fills up may take a part and raise at the rest.
            while lines:
                lines = lines[self._file.write(lines) :]
            if durable:
                os.fsync(self._file.fileno())
        if is_url(self.folder) and monotonic() > self._uploaded + UPLOAD_EVERY:
            self._upload()

    def reload(self) -> None:
        """Learn what other processes of the same run have finished."""
        entries = list(_entries(self.path))
        tools = [each['tool'] for each in entries if 'tool' in each]
        if entries and tools[:1] != [self.tool]:
            raise InputError(
                f'Expected {self.path} as {self.tool} writes it, found '
                f'{"that of " + tools[0] if tools else "something else"}: '
                'choose another folder.'
            )
        self.records, self.begun = _newest(entries)

    def _refuse_strangers(self):
        if not self.folder.is_dir():
            return
        names = [x for x in os.listdir(self.folder) if not x.startswith('.')]
        if names:
            raise InputError(
                f'Expected a new folder or one that {self.tool} has filled, '
                f'but {self.folder} holds {min(names)!r} and nothing tells '
                'where it comes from: choose another folder.'
            )

    def _download(self):
        try:
            there = read_bytes(inside(self.folder, f'{FOLDER}/{FILE}'))
        except InputError:
            return  # a new folder
        # What only this machine knows is older than what was copied there.
        here = self.path.read_bytes() if self.path.exists() else b''
        there = there.splitlines(keepends=True)
        known = set(there)
        lines = [x for x in here.splitlines(keepends=True) if x not in known]
        write_atomically(self.path, b''.join([*there[:1], *lines, *there[1:]]))

    def _upload(self):
        self._uploaded = monotonic()
        content = self.path.read_bytes()
        write_bytes(inside(self.folder, f'{FOLDER}/{FILE}'), content)


def results_in(folder: Path, tool: str) -> set[str]:
    """Keys of what a tool has begun or finished in a folder."""
    entries = list(_entries(folder / FOLDER / FILE))
    if not entries or entries[0].get('tool') != tool:
        return set()
    records, begun = _newest(entries)
    return begun.union(records)


def json_line(entry: dict) -> str:
    """The line of an entry, its end included."""
    return json.dumps(entry, ensure_ascii=False) + '\n'


def _entries(path):
    """Objects of a file of JSON lines; broken lines are left out."""
    with (
        suppress(FileNotFoundError, NotADirectoryError),
        open(path, 'rb') as f,
    ):
        for line in f:
            with suppress(ValueError):
                entry = json.loads(line)
                if isinstance(entry, dict):
                    yield entry


def _newest(entries):
    records, begun = {}, set()
    for entry in entries:
        key = entry.pop('item', None)
        if key is None:
            continue
        if entry.get('begun') is True:
            begun.add(key)
            records.pop(key, None)
        else:
            begun.discard(key)
            records[key] = entry
    return records, begun


def _ends_with_a_line(path):
    with open(path, 'rb') as file:
        size = file.seek(0, os.SEEK_END)
        if not size:
            return True
        file.seek(size - 1)
        return file.read() == b'\n'


def _remove_unfinished(folder):
    with suppress(FileNotFoundError, NotADirectoryError):
        remove_temporary_files(folder)


def _cached(url):
    cache = Path(os.environ.get('XDG_CACHE_HOME') or Path.home() / '.cache')
    return cache / 'adacode' / sha256(url.encode()).hexdigest()[:24]
