"""Large files from the web: resumed, checked, complete or not there."""

import hashlib
import json
import os
import time
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import requests
from filelock import FileLock, Timeout
from requests.exceptions import (
    ChunkedEncodingError,
    ConnectionError,
    RequestException,
)
from tqdm import tqdm

from adacode_mm.core.atomic_files import write_atomically, writing
from adacode_mm.core.exceptions import DownloadError

# Seconds to connect, and between two pieces of the content.
TIMEOUTS = (20, 60)
# Connections that break off are taken up again so often.
TRIES = 4
# A broken connection loses at most this much of what has arrived.
_PIECE = 2**16
_OK, _PARTIAL, _RANGE_IMPOSSIBLE = 200, 206, 416


def download(
    url: str,
    path: str | os.PathLike,
    sha256: str | None = None,
    progress: bool = True,
) -> Path:
    """Fetch a file unless it is there already.

    What arrives is kept in a hidden file beside `path` until it is complete:
    after an interruption, the next call goes on from there if the server can
    do that and has the same file still. Other processes that want the same
    file wait for the first one.

    Args:
        url: http or https.
        path: Where the file goes; its folder is made.
        sha256: Hash that the file must have, in hexadecimal; None if unknown.
        progress: Show a bar.

    Raises:
        DownloadError: If it cannot be fetched, or is not what was expected.
        OutputError: If it cannot be written.
    """
    path = Path(path)
    if path.is_file():
        return path
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    with _only_process(path, progress):
        if path.is_file():  # Another process was faster.
            return path
        partial = _Partial.of(path)
        with _explained(url, path, partial):
            _fetch(url, partial, progress)
        _check_hash(partial, sha256, url, path)
        with writing(path):
            os.replace(partial.content, path)
        partial.remove()
    return path


class _Partial(NamedTuple):
    """What has arrived, and of which file it is a part."""

    content: Path
    about: Path

    @classmethod
    def of(cls, path):
        name = f'.{path.name}.part'
        return cls(path.with_name(name), path.with_name(f'{name}.json'))

    def size(self) -> int:
        return self.content.stat().st_size if self.content.is_file() else 0

    def version(self) -> dict:
        """What the server called the file: `tag` and `total` bytes."""
        try:
            version = json.loads(self.about.read_text(encoding='utf-8'))
        except (OSError, ValueError):
            return {}
        return version if isinstance(version, dict) else {}

    def start(self, version: dict) -> None:
        """Forget what has arrived, and say what is to come."""
        with writing(self.content):
            self.content.write_bytes(b'')
        write_atomically(self.about, json.dumps(version))

    def remove(self) -> None:
        for file in self:
            file.unlink(missing_ok=True)


class _IncompleteError(Exception):
    """The connection ended before the file did."""


def _fetch(url, partial, progress):
    """Until it is complete, going on where a connection broke off."""
    first = most = partial.size()
    failures = 0
    while True:
        try:
            return _fetch_rest(url, partial, progress)
        except (ChunkedEncodingError, ConnectionError, _IncompleteError) as e:
            size = partial.size()
            failures = 0 if size > most else failures + 1
            most = max(most, size)
            # Who never answered will not answer in a second, either.
            never = size == first and isinstance(e, ConnectionError)
            if never or failures >= TRIES:
                raise
            time.sleep(min(failures, 3))


def _fetch_rest(url, partial, progress):
    version, have = partial.version(), partial.size()
    headers = {'Accept-Encoding': 'identity'}
    if have and version.get('tag') and version.get('total'):
        headers['Range'] = f'bytes={have}-'
        # If it is another file by now, the server sends all of it.
        headers['If-Range'] = version['tag']
    with requests.get(
        url, headers=headers, stream=True, timeout=TIMEOUTS
    ) as response:
        status, total = response.status_code, version.get('total')
        if status == _RANGE_IMPOSSIBLE and have == total:
            return
        known = {f'{have}-*', f'{have}-{total}'}
        if status == _RANGE_IMPOSSIBLE or (
            status == _PARTIAL and _range(response) not in known
        ):
            partial.remove()
            raise _IncompleteError('the server has another file by now')
        response.raise_for_status()
        if status not in (_OK, _PARTIAL):
            raise DownloadError(f'the server answers {status}')
        if status == _OK:
            total = _length(response)
            partial.start({'tag': _tag(response), 'total': total})
        _append(response, partial, total, progress)
    if total is not None and partial.size() != total:
        raise _IncompleteError(
            f'only {partial.size()} of {total} bytes have arrived'
        )


def _append(response, partial, total, progress):
    name = partial.content.name.removeprefix('.').removesuffix('.part')
    with writing(partial.content):
        partial.content.touch()
    bar = tqdm(
        desc=name,
        initial=partial.size(),
        total=total,
        unit='B',
        unit_scale=True,
        disable=not progress,
    )
    with bar, open(partial.content, 'ab') as file:
        for piece in response.iter_content(_PIECE):
            with writing(partial.content):
                file.write(piece)
                # So that an interruption loses nothing.
                file.flush()
            bar.update(len(piece))


def _tag(response) -> str | None:
    """What `If-Range` may hold: weak tags promise nothing about bytes."""
    tag = response.headers.get('ETag', '')
    if tag and not tag.startswith('W/'):
        return tag
    return response.headers.get('Last-Modified')


def _length(response) -> int | None:
    length = response.headers.get('Content-Length', '')
    encoded = response.headers.get('Content-Encoding', 'identity')
    return int(length) if length.isdigit() and encoded == 'identity' else None


def _range(response) -> str:
    """First byte and total of 'bytes 100-199/200': '100-200'."""
    given = response.headers.get('Content-Range', '').removeprefix('bytes ')
    return f'{given.split("-")[0]}-{given.rpartition("/")[2]}'


def _check_hash(partial, sha256, url, path):
    if sha256 is None:
        return
    hashed = hashlib.sha256()
    with open(partial.content, 'rb') as file:
        while piece := file.read(_PIECE):
            hashed.update(piece)
    found = hashed.hexdigest()
    if found != sha256.lower():
        partial.remove()
        raise DownloadError(
            f'Expected a file with the SHA-256 {sha256} at {url}, but the one '
            f'that came has {found} and was removed: try again, or place the '
            f'right file at {path}.'
        )


@contextmanager
def _only_process(path, progress):
    lock = FileLock(path.with_name(f'.{path.name}.lock'))
    with writing(path):
        try:
            lock.acquire(timeout=0)
        except Timeout:
            if progress:
                tqdm.write(f'Another process fetches {path}: waiting for it.')
            lock.acquire()
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _explained(url, path, partial):
    """Turn what goes wrong with the web into one sentence."""
    try:
        yield
    except (RequestException, _IncompleteError, DownloadError) as error:
        arrived = partial.size()
        kept = (
            f' (the {arrived} bytes that have arrived are kept, and the next '
            f'call goes on from there)'
            if arrived
            else ''
        )
        raise DownloadError(
            f'Expected to fetch {url}, but {_reason(error)}: try again with a '
            f'connection to the internet{kept}, or fetch the file elsewhere '
            f'and place it at {path}.'
        ) from error


def _reason(error) -> str:
    if isinstance(error, requests.HTTPError):
        return (
            f'the server answers {error.response.status_code} '
            f'({error.response.reason})'
        )
    if isinstance(error, requests.Timeout):
        return 'the server does not answer in time'
    if isinstance(error, ConnectionError) and not isinstance(
        error, ChunkedEncodingError
    ):
        return 'the server cannot be reached'
    if isinstance(error, _IncompleteError | DownloadError):
        return str(error)
    return f'the connection broke off ({type(error).__name__})'
