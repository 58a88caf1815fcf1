"""Names and sizes of the images in a folder or an LMDB, without decoding."""

import os
from collections import defaultdict
from pathlib import PurePosixPath

from adacode_mm.core.exceptions import InputError
from adacode_mm.images.formats import IMAGE_SUFFIXES
from adacode_mm.images.image_size import file_size, image_size


def open_store(path: str) -> 'FolderStore | LmdbStore':
    """Store of the images at a path.

    Args:
        path: A folder of images, or one with an LMDB in it.

    Raises:
        InputError: If there is no such folder, or an LMDB in it is damaged.
    """
    if not os.path.isdir(path):
        raise InputError(
            f'There must be a folder at {path!r}, found none: check the path; '
            f'that of a config is given with --cfg-options data_root=FOLDER.'
        )
    if os.path.exists(os.path.join(path, 'data.mdb')):
        return LmdbStore(path)
    return FolderStore(path)


class FolderStore:
    """Images in a folder and below it.

    Every subfolder is listed once, when a name in it is first looked for:
    200,000 names cost one reading of the folder instead of as many questions
    to a file server.

    Args:
        root: The folder.
    """

    def __init__(self, root: str):
        self.root = root
        self._listed: dict[str, dict[str, list[str]]] = {}

    def find(self, name: str) -> list[str]:
        """Names that fit.

        Args:
            name: Relative to the folder.

        Returns:
            The name itself if there is such a file; else all of the same stem
            with another extension of an image, such as a.jpg for a.png.
        """
        folder, base = os.path.split(name)
        stem = _stem(base)
        found = self._list(folder).get(stem, [])
        if base in found:
            return [name]
        return [os.path.join(folder, each) for each in found]

    def names(self) -> list[str]:
        """All images, sorted; hidden files and folders are left out."""
        names = []
        for folder, below, files in os.walk(self.root):
            below[:] = [each for each in below if not each.startswith('.')]
            within = os.path.relpath(folder, self.root)
            names += [
                os.path.normpath(os.path.join(within, each))
                for each in files
                if _is_image(each)
            ]
        return sorted(names)

    def size(self, name: str) -> tuple[int, int]:
        """Height and width of the upright image, by the file's header.

        Raises:
            InputError: If it is no image or its end is missing.
        """
        return file_size(os.path.join(self.root, name))

    def close(self) -> None:
        """Nothing is open."""

    def _list(self, folder):
        if folder not in self._listed:
            by_stem = defaultdict(list)
            path = os.path.join(self.root, folder)
            if os.path.isdir(path):
                for each in sorted(os.listdir(path)):
                    if _is_image(each):
                        by_stem[_stem(each)].append(each)
            self._listed[folder] = by_stem
        return self._listed[folder]


class LmdbStore:
    """Images in an LMDB, under their names without folder and extension.

    This is where MMagic's `LoadImageFromFile` looks for them.

    Args:
        root: Folder of the LMDB. It stays open until :meth:`close`, and a
            process can open it only once.

    Raises:
        InputError: If it cannot be opened.
    """

    def __init__(self, root: str):
        import lmdb

        self.root = root
        try:
            self._environment = lmdb.open(
                root, readonly=True, lock=False, readahead=False
            )
        except lmdb.Error as error:
            raise InputError(
                f'There must be an LMDB in {root!r} that can be opened: '
                f'{error}.'
            ) from None
        with self._environment.begin() as transaction:
            keys = transaction.cursor().iternext(values=False)
            self._keys = {key.decode() for key in keys}

    def find(self, name: str) -> list[str]:
        """As of :class:`FolderStore`; the extension does not matter."""
        return [name] if _stem(os.path.basename(name)) in self._keys else []

    def names(self) -> list[str]:
        """All keys, sorted, as names of PNG files."""
        return sorted(f'{key}.png' for key in self._keys)

    def size(self, name: str) -> tuple[int, int]:
        """As of :class:`FolderStore`."""
        key = _stem(os.path.basename(name)).encode()
        with self._environment.begin(buffers=True) as transaction:
            return image_size(bytes(transaction.get(key)))

    def close(self) -> None:
        """Let others open the LMDB."""
        self._environment.close()


def _is_image(name):
    return (
        not name.startswith('.')
        and PurePosixPath(name).suffix.lower() in IMAGE_SUFFIXES
    )


def _stem(name):
    stem, extension = os.path.splitext(name)
    return stem if extension.lower() in IMAGE_SUFFIXES else name
