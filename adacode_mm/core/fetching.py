"""Files from the web: resumed, checked, kept once for each URL."""

import hashlib
import os
from pathlib import Path
from urllib.parse import urlparse

from .atomic_files import writing
from .exceptions import DownloadError

# Names the folder of fetched files.
CACHE_VARIABLE = 'ADACODE_CACHE'
# Seconds to connect, and between two pieces of the content.
TIMEOUTS = (20, 60)
# A broken connection loses at most this much of what has arrived.
_PIECE = 2**16
_PARTIAL, _RANGE_IMPOSSIBLE = 206, 416


def cache_folder() -> Path:
    """`ADACODE_CACHE`, or the user's cache folder, `~/.cache/adacode_mm`."""
    import pooch

    named = os.environ.get(CACHE_VARIABLE)
    return Path(named or pooch.os_cache('adacode_mm')).expanduser()


def cached_path(url: str, folder: str | os.PathLike | None = None) -> Path:
    """Where the file of a URL is kept, fetched or placed by hand.

    The name begins with a hash of the whole URL: two URLs that end alike are
    two files.

    Args:
        url: http or https.
        folder: Instead of `cache_folder()`.
    """
    digest = hashlib.sha256(url.encode()).hexdigest()[:12]
    name = os.path.basename(urlparse(url).path)
    return Path(folder or cache_folder()) / f'{digest}-{name}'


def fetch(
    url: str,
    sha256: str | None = None,
    progress: bool = True,
    folder: str | os.PathLike | None = None,
) -> Path:
    """Fetch a file unless it is at `cached_path(url, folder)` already.

    What arrives is kept beside it until it is complete; the next call goes on
    from there if the server has the same file still (ETag). Processes that
    want the same file wait for the first one.

    Args:
        url: http or https.
        sha256: Hash that the file must have, also one that is there; None if
            unknown.
        progress: Show a bar.
        folder: Instead of `cache_folder()`.

    Raises:
        DownloadError: If it cannot be fetched, or has another hash.
        OutputError: If it cannot be written.
    """
    import pooch
    import requests
    from filelock import FileLock

    path = cached_path(url, folder)
    part = path.with_name(f'{path.name}.part')
    pooch.get_logger().setLevel('WARNING')
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(path.with_name(f'.{path.name}.lock')):
                pooch.retrieve(
                    url,
                    sha256,
                    path.name,
                    path.parent,
                    downloader=_Resuming(part, progress),
                )
        except requests.RequestException as error:
            size = _size(part)
            kept = f' ({size} bytes are kept)' if size else ''
            raise DownloadError(
                f'Cannot fetch {url}: {_reason(error)}. Connect to the '
                f'internet and try again{kept}, or fetch the file elsewhere '
                f'and place it at {path}.'
            ) from error
        except ValueError as error:
            raise DownloadError(
                f'The file at {url} must have the SHA-256 {sha256}, but it '
                f'has another one ({error}): try again, or place the right '
                f'file at {path}.'
            ) from error
    return path


class _Resuming:
    """Downloads for pooch; what arrives before an error stays in `part`."""

    def __init__(self, part: Path, progress: bool):
        self.part = part
        self.tag = part.with_name(f'{part.name}.tag')
        self.progress = progress

    def __call__(self, url: str, output_file: str, pooch):
        import requests

        while True:
            before = _size(self.part)
            try:
                self._rest(url)
                break
            except requests.RequestException:
                if _size(self.part) <= before:  # nothing new has come
                    raise
        os.replace(self.part, output_file)
        self.tag.unlink(missing_ok=True)

    def _rest(self, url):
        import requests

        have, headers = 0, {'Accept-Encoding': 'identity'}
        if self.tag.is_file():
            have = _size(self.part)
            headers['Range'] = f'bytes={have}-'
            # If it is another file by now, the server sends all of it.
            headers['If-Range'] = self.tag.read_text()
        with requests.get(
            url, headers=headers, stream=True, timeout=TIMEOUTS
        ) as response:
            said = response.headers.get('Content-Range', '')
            if response.status_code == _RANGE_IMPOSSIBLE:
                if said == f'bytes */{have}':
                    return  # it was complete
                self.tag.unlink()
                self._rest(url)
                return
            response.raise_for_status()
            resumed = response.status_code == _PARTIAL
            if not resumed:
                have = 0
                self._remember(response.headers.get('ETag', ''))
            self._append(response, have, 'ab' if resumed else 'wb')

    def _remember(self, tag):
        self.part.unlink(missing_ok=True)
        if tag and not tag.startswith('W/'):  # weak: not of these bytes
            self.tag.write_text(tag)
        else:
            self.tag.unlink(missing_ok=True)

    def _append(self, response, have, mode):
        import requests
        from tqdm import tqdm

        length = response.headers.get('Content-Length')
        said = response.headers.get('Content-Range', '').rpartition('/')[2]
        total = int(said or length) if said or length else None
        with (
            open(self.part, mode) as file,
            tqdm(
                desc=self.part.stem,
                initial=have,
                total=total,
                unit='B',
                unit_scale=True,
                disable=not self.progress,
            ) as bar,
        ):
            for piece in response.iter_content(_PIECE):
                file.write(piece)
                bar.update(len(piece))
        if total is not None and _size(self.part) != total:
            raise requests.ConnectionError(
                f'only {_size(self.part)} of {total} bytes have arrived'
            )


def _size(path):
    return path.stat().st_size if path.is_file() else 0


def _reason(error) -> str:
    if error.response is not None:
        return f'the server answers {error.response.status_code}'
    return f'there is no connection ({type(error).__name__})'
