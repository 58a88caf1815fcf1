"""Where patches lie: PNG files in a folder, or an LMDB."""

import os
from collections.abc import Iterable
from contextlib import contextmanager
from pathlib import Path

from adacode_mm.core.atomic_files import write_atomically
from adacode_mm.core.exceptions import InputError, OutputError

BACKENDS = ('png', 'lmdb')
DATABASE = 'data.mdb'
FIRST_MAP_SIZE = 2**26  # bytes; doubled whenever it is full

WRITE = (
    'Expected to write to the LMDB in {path}, but it says "{error}": make '
    'room or choose another folder, and call again; what is finished is kept.'
)
READ = 'Expected an LMDB in {path} that can be read, but it says "{error}".'


class PatchFolder:
    """PNG files in a folder.

    Args:
        path: The folder.
    """

    backend = 'png'
    in_worker = True  # files can be written by many processes

    def __init__(self, path: str | Path):
        self.path = Path(path)

    def write(self, patches: Iterable[tuple[str, bytes]]) -> None:
        """Write (name, content of the file) one by one, each atomically.

        Raises:
            OutputError: If one cannot be written.
        """
        for name, content in patches:
            write_atomically(self.path / name, content)

    def read(self, name: str) -> bytes:
        """Content of the file of a patch.

        Raises:
            InputError: If it cannot be read.
        """
        try:
            return (self.path / name).read_bytes()
        except OSError as error:
            raise InputError(
                f'The file cannot be read: {error.strerror}.'
            ) from None

    def sizes(self) -> dict[str, int]:
        """From the name of every patch to the bytes of its file.

        Of patches in folders below, the name has the folders in front.
        """
        return dict(_sizes_below(self.path, ''))

    def close(self) -> None:
        """Nothing to close: as of `PatchLmdb`."""


def _sizes_below(folder, prefix):
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith('.'):
                continue
            if entry.is_dir():
                yield from _sizes_below(entry.path, f'{prefix}{entry.name}/')
            elif entry.name.endswith('.png'):
                yield f'{prefix}{entry.name}', entry.stat().st_size


class PatchLmdb:
    """PNG files in an LMDB, as MMagic's `LoadImageFromFile` reads it.

    A key is the name of a patch without '.png', a value the content of the
    file; read with `backend_args=dict(backend='lmdb', db_path=path)`. An
    object reads or writes, not both before `close`, and stays in the process
    where it did so first; `sizes` may always be asked.

    Args:
        path: Folder of the database.
    """

    backend = 'lmdb'
    in_worker = False  # one process writes at a time

    def __init__(self, path: str | Path):
        self.path = Path(path)
        self._environment = None

    def write(self, patches: Iterable[tuple[str, bytes]]) -> None:
        """Write (name, content of the file) in one transaction, or nothing.

        Raises:
            OutputError: If they cannot be written.
        """
        patches = list(patches)
        with _lmdb_errors(self.path, OutputError, WRITE):
            self._open(readonly=False)
            while not _put(self._environment, patches):
                size = self._environment.info()['map_size']
                self._environment.set_mapsize(2 * size)

    def read(self, name: str) -> bytes:
        """Content of the file of a patch.

        Raises:
            InputError: If there is none.
        """
        with _lmdb_errors(self.path, InputError, READ):
            self._open(readonly=True)
            with self._environment.begin() as transaction:
                content = transaction.get(_key(name))
        if content is None:
            raise InputError(
                f'The patch {name} is not in the LMDB {self.path}.'
            )
        return content

    def sizes(self) -> dict[str, int]:
        """From the name of every patch to the bytes of its file."""
        if not (self.path / DATABASE).exists():
            return {}
        was_open = self._environment is not None
        with _lmdb_errors(self.path, InputError, READ):
            self._open(readonly=True)
            with self._environment.begin(buffers=True) as transaction:
                sizes = {
                    f'{bytes(key).decode()}.png': len(value)
                    for key, value in transaction.cursor()
                }
        if not was_open:
            self.close()
        return sizes

    def close(self) -> None:
        """Close the database; a process has it open only once at a time."""
        if self._environment is not None:
            self._environment.close()
            self._environment = None

    def _open(self, readonly):
        import lmdb

        if self._environment is None:
            self._environment = lmdb.open(
                str(self.path),
                map_size=FIRST_MAP_SIZE,
                readonly=readonly,
                lock=not readonly,
                readahead=False,
            )


def _put(environment, patches):
    """Whether there was room for all of them; else none is written."""
    import lmdb

    try:
        with environment.begin(write=True) as transaction:
            for name, content in patches:
                transaction.put(_key(name), content)
    except lmdb.MapFullError:
        return False
    return True


@contextmanager
def _lmdb_errors(path, kind, expected):
    import lmdb

    try:
        yield
    except (lmdb.Error, OSError) as error:
        raise kind(f'{expected.format(path=path, error=error)}') from error


def open_patches(path: str | Path, backend: str | None = None):
    """Store of the patches in a folder.

    Args:
        path: The folder.
        backend: One of `BACKENDS`; None looks what is there.
    """
    if backend is None:
        backend = 'lmdb' if (Path(path) / DATABASE).exists() else 'png'
    return PatchLmdb(path) if backend == 'lmdb' else PatchFolder(path)


def _key(name):
    # As MMagic's `LoadImageFromFile` and MMEngine's `LmdbBackend` build it.
    return os.path.splitext(os.path.basename(name))[0].encode('ascii')
