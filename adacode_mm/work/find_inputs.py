"""From what a user names (files, folders, patterns) to the files meant."""

import glob
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from adacode_mm.core.exceptions import InputError

from .find_images import IMAGE_SUFFIXES, find_images


@dataclass(frozen=True)
class InputFile:
    """A file to work on.

    Args:
        path: Where it is.
        below: Its path below the folder that was named, or below the part of
            a pattern without wildcards; only its name, if it was named
            itself. Outputs mirror it.
    """

    path: Path
    below: PurePosixPath

    @property
    def name(self) -> str:
        """How messages call it."""
        return str(self.path)


@dataclass
class FoundInputs:
    """What was found.

    Args:
        files: In the order in which they were named, sorted in a folder.
        unreadable: (name, reason) of what cannot be looked into.
    """

    files: list[InputFile]
    unreadable: list[tuple[str, str]]


def find_inputs(
    named: Iterable[str],
    *,
    recursive: bool = False,
    exclude: Iterable[str | Path] = (),
) -> FoundInputs:
    """Find the files that are meant.

    Args:
        named: Files, folders, and patterns as of `glob` ('photos/*.jpg', with
            '**' for any folders). A named file is taken whatever its suffix;
            of folders and patterns, the files with the suffix of an image.
        recursive: Search the folders below, too.
        exclude: Folders to leave out, such as the one that is written to.

    Returns:
        Each file once, even if it was named twice.

    Raises:
        InputError: If something named is not there, or holds no image.
    """
    files: dict[Path, InputFile] = {}
    found = FoundInputs([], [])
    for text in named:
        for path, below in _expand(text):
            if path.is_dir():
                inputs = _in_folder(path, below, recursive, exclude, found)
            else:
                inputs = [InputFile(path, below / path.name)]
            for each in inputs:
                files.setdefault(each.path.absolute(), each)
    found.files = list(files.values())
    return found


def read_list(path: str | Path) -> list[str]:
    """Names in a text file, one a line; empty lines are left out.

    Raises:
        InputError: If it cannot be read as UTF-8 text, or names nothing.
    """
    try:
        lines = Path(path).read_text(encoding='utf-8').splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f'Expected a text file of names, one a line, at {path}, but it '
            f'cannot be read: {getattr(error, "strerror", None) or error}.'
        ) from None
    names = [line.strip() for line in lines if line.strip()]
    if not names:
        raise InputError(f'Expected names of files in {path}, found none.')
    return names


def _expand(text):
    """(path, folder that its output goes below) of what a text names."""
    path = Path(text)
    if path.exists() or path.is_symlink():
        yield path, PurePosixPath()
        return
    if not glob.has_magic(text):
        raise InputError(
            f'Expected an image or a folder of images at {text}, found '
            'nothing there: check the name.'
        )
    matches = [Path(each) for each in glob.glob(text, recursive=True)]
    base = _without_wildcards(path)
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


def _in_folder(folder, below, recursive, exclude, found):
    try:
        images = find_images(
            [folder], exclude, recursive=recursive, repeats=True
        )
    except InputError as error:
        if recursive or not _has_folders(folder):
            raise
        hint = 'those below are searched with --recursive.'
        raise InputError(f'{str(error).rstrip(".")}; {hint}') from None
    found.unreadable += images.unreadable
    for image in images.images:
        inside = image.path.relative_to(folder).as_posix()
        yield InputFile(image.path, below / inside)


def _has_folders(folder):
    return any(each.is_dir() for each in folder.iterdir())
