"""Files on a disk, or behind a URL such as s3://bucket/folder.

A place is a `Path`, or a string with a URL that fsspec understands.
"""

import hashlib
import posixpath
import re
import stat
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote

from adacode_mm.core.atomic_files import write_atomically, writing
from adacode_mm.core.exceptions import InputError, OutputError

Place = Path | str
BLOCK = 2**20


def place_of(text: str | Path) -> Place:
    """The place that a user names; file:// URLs become paths."""
    text = str(text)
    if text.startswith('file://'):
        return Path(unquote(text.removeprefix('file://')))
    return text.rstrip('/') if is_url(text) else Path(text)


def is_url(place: Place) -> bool:
    """Whether a place is a URL and not a path."""
    return isinstance(place, str) and bool(
        re.match(r'[a-z][a-z0-9+.-]+(::[^/]+)?://', place)
    )


def inside(folder: Place, below: PurePosixPath | str) -> Place:
    """A place below a folder."""
    if is_url(folder):
        return posixpath.join(folder, str(below))
    return Path(folder) / below


def absolute(place: Place) -> Place:
    """The same place for processes that run in other folders."""
    return place if is_url(place) else Path(place).absolute()


def file_system(url: str) -> tuple[Any, str]:
    """fsspec's file system of a URL, and the path there.

    Raises:
        InputError: If fsspec, or its part for this kind of URL, is missing.
    """
    try:
        import fsspec
    except ImportError:
        raise InputError(
            f'Reading {url} needs fsspec, which is not installed: install '
            '"adacode-mm[cluster]".'
        ) from None
    try:
        return fsspec.core.url_to_fs(url)
    except (ImportError, ValueError) as error:
        raise InputError(f'{url} cannot be used: {error}') from None


def read_bytes(place: Place) -> bytes:
    """Content of a file.

    Raises:
        InputError: If it is missing, no file, or cannot be read. A pipe or a
            device is not waited for.
    """
    try:
        if is_url(place):
            system, path = file_system(place)
            return system.cat_file(path)
        if not stat.S_ISREG(Path(place).stat().st_mode):
            raise InputError(
                f'{place} is no file: expected an image, got a pipe, a device '
                'or a folder.'
            )
        return Path(place).read_bytes()
    except InputError:
        raise
    except Exception as error:
        if not isinstance(error, OSError) and not is_url(place):
            raise
        reason = getattr(error, 'strerror', None) or error
        raise InputError(f'{place} cannot be read: {reason}.') from error


def write_bytes(place: Place, content: bytes) -> None:
    """Write a file, for good and completely or not at all.

    Folders above it are made. An object store keeps an object only when all
    of it has arrived.

    Raises:
        OutputError: If it cannot be written.
    """
    if is_url(place):
        system, path = file_system(place)
        try:
            system.pipe_file(path, content)
        except Exception as error:
            raise OutputError(
                f'Expected to write {place}, but the store says "{error}": '
                'call again; what is finished is kept.'
            ) from error
        return
    with writing(place):
        place.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(place, content, durable=True)


def state_of(place: Place) -> tuple[int, str] | None:
    """Size in bytes, and what changes when the file is written to.

    Returns:
        None if there is no such file.
    """
    try:
        if is_url(place):
            system, path = file_system(place)
            found = system.info(path)
            names = ('ETag', 'etag', 'LastModified', 'mtime', 'created')
            changed = next((found[x] for x in names if found.get(x)), '')
            return found['size'], str(changed)
        found = Path(place).stat()
        return found.st_size, str(found.st_mtime_ns)
    except OSError:
        return None


@dataclass(frozen=True)
class FileIdentity:
    """What tells a file from others, small enough to be kept.

    Args:
        path: Where it was, absolute, or its URL.
        size: In bytes.
        changed: As of `state_of`.
        sha256: Of its content, in hexadecimal digits.
    """

    path: str
    size: int
    changed: str
    sha256: str

    @classmethod
    def of(cls, place: Place, content: bytes | None = None) -> 'FileIdentity':
        """Identity of a file.

        Args:
            place: Where it is.
            content: Of the file, if it was read or written just now.

        Raises:
            InputError: If it cannot be read.
        """
        state = state_of(place)
        if state is None:
            raise InputError(f'{place} cannot be read: there is no such file.')
        if content is None:
            digest = _sha256(place)
        else:
            digest = hashlib.sha256(content).hexdigest()
        return cls(str(absolute(place)), *state, digest)

    def as_dict(self) -> dict:
        """JSON-able."""
        return asdict(self)

    def is_at(self, place: Place) -> bool:
        """Whether the file at a place has this content.

        It is read only if it was moved, copied or written to.
        """
        state = state_of(place)
        if state is None or state[0] != self.size:
            return False
        if (str(absolute(place)), state[1]) == (self.path, self.changed):
            return True
        try:
            return _sha256(place) == self.sha256
        except InputError:
            return False


def _sha256(place):
    if is_url(place):
        return hashlib.sha256(read_bytes(place)).hexdigest()
    digest = hashlib.sha256()
    try:
        with open(place, 'rb') as file:
            while block := file.read(BLOCK):
                digest.update(block)
    except OSError as error:
        raise InputError(
            f'{place} cannot be read: {error.strerror}.'
        ) from None
    return digest.hexdigest()
