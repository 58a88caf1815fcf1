"""The images that a user means by files, folders, patterns and URLs."""

import glob
import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from adacode_mm.core.exceptions import InputError
from adacode_mm.images.formats import IMAGE_SUFFIXES

from .journal import results_in
from .places import Place, absolute, file_system, inside, is_url, place_of

RESTORED = 'restore'  # the journal's name of what fills a folder of results
NO_FILE = 'It is a pipe or a device, not a file.'
NO_NAME = 'The name is not valid UTF-8: rename it.'
OURS = 'It is a result of an earlier run.'


@dataclass(frozen=True)
class InputFile:
    """A file to work on.

    Args:
        path: Where it is.
        below: Its path below the folder that was named, or below the part of
            a pattern without wildcards; only its name, if it was named
            itself. Outputs mirror it.
        source: Its name wherever the folder lies: the name of the folder that
            was given and the path below it, with '/'.
    """

    path: Place
    below: PurePosixPath
    source: str = ''

    @property
    def name(self) -> str:
        """How messages call it."""
        return str(self.path)


@dataclass
class Found:
    """What a search has found.

    Args:
        files: Images, sorted within a folder.
        others: (name, reason) of what is left out: files without the suffix
            of an image, results of earlier runs.
        unreadable: (name, reason) of folders that cannot be listed, of names
            that are no text and of pipes and devices.
        in_folders: Whether a folder or a pattern was searched.
    """

    files: list[InputFile] = field(default_factory=list)
    others: list[tuple[str, str]] = field(default_factory=list)
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    in_folders: bool = False


def find_images(
    folders: Iterable[str | Path], exclude: Iterable[str | Path] = ()
) -> Found:
    """All images in folders and below, each file and folder once.

    Hidden files and folders are left out. Links are followed, in circles not
    more than once.

    Args:
        folders: Folders, or single files.
        exclude: Folders to leave out, such as the one that is written to.

    Returns:
        Sorted by `source`, by which the names of all kinds go.

    Raises:
        InputError: If a folder is missing, or if there is no image at all.
    """
    paths = [Path(folder) for folder in folders]
    for path in paths:
        if not path.exists():
            raise InputError(
                f'Expected a folder of images at {path}, found nothing there.'
            )
    walk = _Walk(exclude, once=True)
    for path, label in zip(paths, _labels(paths), strict=True):
        walk.add(path, PurePosixPath(), label)
    found = walk.found
    if not found.files and not found.unreadable:
        raise InputError(_no_images(', '.join(map(str, paths))))
    for kind in (found.others, found.unreadable):
        kind.sort()
    found.files.sort(key=lambda file: file.source)
    return found


def find_inputs(
    named: Iterable[str],
    *,
    recursive: bool = False,
    out: Place | None = None,
) -> Found:
    """The images that a user names.

    Args:
        named: Files, folders, URLs of both, and patterns as of `glob`
            ('photos/*.jpg', with '**' for any folders). A named file is taken
            whatever its suffix; of folders and patterns, the files with the
            suffix of an image.
        recursive: Search the folders below, too.
        out: Folder of the results, which is not searched unless it is named.
            What is known to be a result of an earlier run is left out, too,
            in folders below and, beside its image, in the one that is named.

    Returns:
        Each file once, even if it was named twice.

    Raises:
        InputError: If something named is not there, or holds no image.
    """
    files: dict[str, InputFile] = {}
    found = Found()
    for text in named:
        for place, below in _expand(place_of(text)):
            if is_url(place):
                inputs = _remote(place, recursive, found)
            elif Path(place).is_dir():
                inputs = _local(place, below, recursive, out, found)
            elif _is_special(place):
                found.unreadable.append((str(place), NO_FILE))
                inputs = []
            else:
                inputs = [InputFile(place, below / place.name)]
                found.in_folders |= str(place) != str(place_of(text))
            for each in inputs:
                files.setdefault(str(absolute(each.path)), each)
    found.files = list(files.values())
    return found


def read_list(path: str | Path) -> list[str]:
    """Names in a text file, one a line; empty lines are left out.

    Raises:
        InputError: If it cannot be read as UTF-8 text, or names nothing.
    """
    try:
        # Some editors begin a file with a byte-order mark.
        lines = Path(path).read_text(encoding='utf-8-sig').splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f'Expected a text file of names, one a line, at {path}, but it '
            f'cannot be read: {getattr(error, "strerror", None) or error}.'
        ) from None
    names = [line.strip() for line in lines if line.strip()]
    if not names:
        raise InputError(f'Expected names of files in {path}, found none.')
    return names


class _Walk:
    """Walks through folders; remembers where it has been."""

    def __init__(self, exclude=(), *, recursive=True, once=False, ours=False):
        self.found = Found()
        self.recursive = recursive
        self.once = once
        self.ours = ours
        self.results: dict[Path, bool] = {}
        self.seen = {_identity(Path(p)) for p in exclude if Path(p).exists()}

    def add(self, path, below, source, depth=0):
        is_folder = path.is_dir()
        if is_folder and depth and not self.recursive:
            return
        identity = _identity(path)
        if identity in self.seen:
            return
        if is_folder or self.once:
            self.seen.add(identity)
        readable = source.encode('utf-8', 'backslashreplace').decode()
        if readable != source:  # from a disk with another encoding of names
            self.found.unreadable.append((readable, NO_NAME))
        elif is_folder:
            self._add_folder(path, below, source, depth)
        elif path.suffix.lower() not in IMAGE_SUFFIXES:
            reason = f'The suffix {path.suffix!r} is not one of an image.'
            self.found.others.append((source, reason))
        elif _is_special(path):
            self.found.unreadable.append((source, NO_FILE))
        else:
            self.found.files.append(InputFile(path, below, source))

    def _add_folder(self, path, below, source, depth):
        try:
            names = sorted(os.listdir(path))
        except OSError as error:
            reason = f'The folder cannot be listed: {error.strerror}.'
            self.found.unreadable.append((source, reason))
            return
        if self.ours:
            for key in results_in(path, RESTORED):
                self.results.setdefault(path / key, bool(depth))
        for name in names:
            if not name.startswith('.'):
                place = path / name, below / name, f'{source}/{name}'
                self.add(*place, depth + 1)


def _local(folder, below, recursive, out, found):
    found.in_folders = True
    at_out = out is not None and not is_url(out)
    into_itself = at_out and os.path.realpath(out) == os.path.realpath(folder)
    exclude = [out] if at_out and not into_itself else []
    walk = _Walk(exclude, recursive=recursive, ours=True)
    # Messages call a file as the user would.
    walk.add(folder, below, str(folder))
    images = walk.found
    found.unreadable += images.unreadable
    found.others += images.others
    kept = [x for x in images.files if x.path not in walk.results]
    # A folder of nothing but results was named to go on with these.
    if not kept and not into_itself:
        kept = [x for x in images.files if not walk.results[x.path]]
    left = {x.path for x in images.files}.difference(x.path for x in kept)
    found.others += [(str(path), OURS) for path in sorted(left)]
    if not images.files and not images.unreadable:
        hint = ''
        if not recursive and any(each.is_dir() for each in folder.iterdir()):
            hint = '; those below are searched with --recursive'
        raise InputError(_no_images(folder, hint))
    return kept


def _remote(url, recursive, found):
    system, path = file_system(url)
    try:
        if system.isfile(path):
            return [InputFile(url, PurePosixPath(url.rpartition('/')[2]))]
        listed = system.find(path, maxdepth=None if recursive else 1)
    except Exception as error:
        raise InputError(f'{url} cannot be listed: {error}') from error
    found.in_folders = True
    files = []
    for each in sorted(listed):
        below = PurePosixPath(os.path.relpath(each, path))
        if any(part.startswith('.') for part in below.parts):
            continue
        place = inside(url, below)
        if below.suffix.lower() in IMAGE_SUFFIXES:
            files.append(InputFile(place, below))
        else:
            reason = f'The suffix {below.suffix!r} is not one of an image.'
            found.others.append((place, reason))
    if not files:
        raise InputError(_no_images(url))
    return files


def _no_images(where, hint=''):
    return (
        f'Expected images in {where} (files that end in '
        f'{", ".join(sorted(IMAGE_SUFFIXES))}), found none{hint}.'
    )


def _is_special(path):
    """Whether it is a pipe or a device, whose reader may wait for ever."""
    try:
        return not stat.S_ISREG(path.stat().st_mode)
    except OSError:  # a link to nowhere: reading it will say so
        return False


def _identity(path):
    """What two names of the same file share."""
    try:
        status = path.stat()
        return status.st_dev, status.st_ino
    except OSError:
        return str(path)


def _labels(paths):
    """The last part of each path, or more where these are equal."""
    parts = [path.resolve().parts for path in paths]
    labels = []
    for own in parts:
        others = {other for other in parts if other != own}
        for length in range(1, len(own) + 1):
            if all(own[-length:] != other[-length:] for other in others):
                break
        labels.append('/'.join(own[-length:]).replace('//', '/').lstrip('/'))
    return labels


def _expand(place):
    """(place, folder that its output goes below) of what a text names."""
    if is_url(place) or place.exists() or place.is_symlink():
        yield place, PurePosixPath()
        return
    text = str(place)
    if not glob.has_magic(text):
        raise InputError(
            f'Expected an image or a folder of images at {text}, found '
            'nothing there: check the name.'
        )
    matches = [Path(each) for each in glob.glob(text, recursive=True)]
    base = _without_wildcards(place)
    meant = []
    for match in sorted(matches):
        if not match.is_dir():
            if match.suffix.lower() in IMAGE_SUFFIXES:
                meant.append((match, match.parent.relative_to(base)))
        # '**' matches folders, whose files it matches as well.
        elif '**' not in text:
            meant.append((match, match.relative_to(base)))
    if not meant:
        raise InputError(
            f'Expected images that match {text!r}, found '
            f'{len(matches) or "no"} files, none with the suffix of an image: '
            'check the pattern.'
        )
    for match, below in meant:
        yield match, PurePosixPath(below.as_posix())


def _without_wildcards(path):
    parts = []
    for part in path.parts[:-1]:
        if glob.has_magic(part):
            break
        parts.append(part)
    return Path(*parts)
