"""The images in folders: which they are and what each is called."""

import os
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from adacode_mm.datasets.preparation.manifest import sha256
from adacode_mm.exceptions import InputError

IMAGE_SUFFIXES = frozenset(
    (
        *('.bmp', '.gif', '.jp2', '.jpeg', '.jpg', '.pgm', '.png', '.ppm'),
        *('.tif', '.tiff', '.webp'),
    )
)


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
    folders: Iterable[str | Path], exclude: Iterable[str | Path] = ()
) -> FoundFiles:
    """Find all images in folders and below, each file and folder once.

    Hidden files and folders are left out. Links are followed, in circles not
    more than once.

    Args:
        folders: Folders, or single files.
        exclude: Folders to leave out, such as the one that is written to.

    Raises:
        InputError: If a folder is missing, or if there is no image at all.
    """
    paths = [Path(folder) for folder in folders]
    for path in paths:
        if not path.exists():
            raise InputError(
                f'Expected a folder of images at {path}, found nothing there.'
            )
    search = _Search({_identity(Path(p)) for p in exclude if Path(p).exists()})
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


def short_names(
    sources: Iterable[str], taken: dict[str, str] | None = None
) -> dict[str, str]:
    """A file name for each source: its stem, where that is not ambiguous.

    What is unsafe in annotation files, LMDB keys or shells (spaces, letters
    beyond ASCII) becomes '_'. Sources of the same stem get their folders in
    front, 'DIV2K_0001' and 'DIV8K_0001'; if that does not tell them apart, a
    piece of the hash of the source behind.

    Args:
        sources: As of `ImageFile`.
        taken: From source to name, of names that are in use already; they are
            kept.

    Returns:
        From source to name; the same for any order of `sources`.
    """
    taken = dict(taken or {})
    sources = sorted(set(sources) | set(taken))
    stems = {source: _safe(_stem(source)) for source in sources}
    # Not every file system tells A from a.
    count = Counter(stem.casefold() for stem in stems.values())
    used = {name.casefold() for name in taken.values()}
    names = {}
    for source in sources:
        name = taken.get(source)
        if name is None:
            name = stems[source]
            if count[name.casefold()] > 1 or name.casefold() in used:
                folders = source.split('/')[:-1]
                name = _safe('_'.join([*folders, _stem(source)]))
            if name.casefold() in used:
                name = f'{name}-{sha256(source.encode())[:8]}'
            used.add(name.casefold())
        names[source] = name
    return names


class _Search:
    """Walks through folders; remembers where it has been."""

    def __init__(self, seen):
        self.seen = seen
        self.found = FoundFiles()

    def add(self, path, source):
        identity = _identity(path)
        if identity in self.seen:
            return
        self.seen.add(identity)
        readable = source.encode('utf-8', 'backslashreplace').decode()
        if readable != source:  # from a disk with another encoding of names
            reason = 'The name is not valid UTF-8: rename it.'
            self.found.unreadable.append((readable, reason))
            return
        if not path.is_dir():
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
                self.add(path / name, f'{source}/{name}')

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


def _stem(source):
    return source.rsplit('/', 1)[-1].rsplit('.', 1)[0]


def _safe(name):
    return re.sub(r'[^A-Za-z0-9._+=@()-]', '_', name)
