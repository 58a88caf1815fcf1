"""The images in folders: which they are and what each is called."""

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from adacode_mm.core.exceptions import InputError
from adacode_mm.images.formats import IMAGE_SUFFIXES


@dataclass(frozen=True)
class ImageFile:
    """An image file in one of the folders that were searched.

    Args:
        path: Where it is.
        source: Its name wherever the folder lies: the name of the folder that
            was given and the path below it, with '/'.
    """

    path: Path
    source: str


@dataclass
class FoundFiles:
    """What a search has found, sorted by `source`.

    Args:
        images: Files with the suffix of an image.
        others: (source, reason) of files without one.
        unreadable: (source, reason) of folders that cannot be listed, of
            names that are no text and of pipes and devices.
    """

    images: list[ImageFile] = field(default_factory=list)
    others: list[tuple[str, str]] = field(default_factory=list)
    unreadable: list[tuple[str, str]] = field(default_factory=list)


def find_images(
    folders: Iterable[str | Path],
    exclude: Iterable[str | Path] = (),
    *,
    recursive: bool = True,
    repeats: bool = False,
) -> FoundFiles:
    """Find all images in folders and below, each file and folder once.

    Hidden files and folders are left out. Links are followed, in circles not
    more than once.

    Args:
        folders: Folders, or single files.
        exclude: Folders to leave out, such as the one that is written to.
        recursive: Search the folders below, too.
        repeats: Take a file under each of the names that links give it.

    Raises:
        InputError: If a folder is missing, or if there is no image at all.
    """
    paths = [Path(folder) for folder in folders]
    for path in paths:
        if not path.exists():
            raise InputError(
                f'Expected a folder of images at {path}, found nothing there.'
            )
    seen = {_identity(Path(p)) for p in exclude if Path(p).exists()}
    search = _Search(seen, recursive, repeats)
    for path, label in zip(paths, _labels(paths), strict=True):
        search.add(path, label)
    found = search.found
    if not found.images and not found.unreadable:
        raise InputError(
            f'Expected images in {", ".join(map(str, paths))} (files that end '
            f'in {", ".join(sorted(IMAGE_SUFFIXES))}), found none.'
        )
    for kind in (found.others, found.unreadable):
        kind.sort()
    found.images.sort(key=lambda image: image.source)
    return found


class _Search:
    """Walks through folders; remembers where it has been."""

    def __init__(self, seen, recursive, repeats):
        self.seen = seen
        self.recursive = recursive
        self.repeats = repeats
        self.found = FoundFiles()

    def add(self, path, source, below=False):
        is_folder = path.is_dir()
        if is_folder and below and not self.recursive:
            return
        identity = _identity(path)
        if identity in self.seen:
            return
        if is_folder or not self.repeats:
            self.seen.add(identity)
        readable = source.encode('utf-8', 'backslashreplace').decode()
        if readable != source:  # from a disk with another encoding of names
            reason = 'The name is not valid UTF-8: rename it.'
            self.found.unreadable.append((readable, reason))
            return
        if not is_folder:
            self._add_file(path, source)
            return
        try:
            with os.scandir(path) as entries:
                names = sorted(entry.name for entry in entries)
        except OSError as error:
            reason = f'The folder cannot be listed: {error.strerror}.'
            self.found.unreadable.append((source, reason))
            return
        for name in names:
            if not name.startswith('.'):
                self.add(path / name, f'{source}/{name}', below=True)

    def _add_file(self, path, source):
        if path.suffix.lower() not in IMAGE_SUFFIXES:
            reason = f'The suffix {path.suffix!r} is not one of an image.'
            self.found.others.append((source, reason))
        elif path.exists() and not path.is_file():
            # Whoever opens a pipe waits for its other end.
            reason = 'It is a pipe or a device, not a file.'
            self.found.unreadable.append((source, reason))
        else:
            self.found.images.append(ImageFile(path, source))


def _identity(path):
    """What two names of the same file share."""
    try:
        status = path.stat()
        return status.st_dev, status.st_ino
    except OSError:  # a link to nowhere: reading it will say so
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
