"""The patches of a folder or of an LMDB, as pictures."""

import os

import numpy as np

from adacode_mm.core.exceptions import InputError
from adacode_mm.data.image_stores import LmdbStore, open_store
from adacode_mm.data.preparation.patch_stores import open_patches
from adacode_mm.data.preparation.read_image import decode_image


class PatchImages:
    """Patches by name; copies of it work in other processes, too.

    Args:
        root: Folder of images, or of an LMDB of them.

    Attributes:
        names: All patches, sorted, as the annotation files name them:
            relative to `root`, with slashes.

    Raises:
        InputError: If there is no such folder or no image in it, or a name
            cannot stand in a list of names.
    """

    def __init__(self, root: str | os.PathLike):
        self.root = os.fspath(root)
        store = open_store(self.root)
        try:
            names = [name.replace(os.sep, '/') for name in store.names()]
        finally:
            store.close()
        backend = 'lmdb' if isinstance(store, LmdbStore) else 'png'
        # An LMDB is opened by each process when it reads its first patch.
        self._patches = open_patches(self.root, backend)
        if not names:
            raise InputError(
                f'There must be patches in {self.root!r}, but there is no '
                f'image: run tools/dataset_converters/crop_patches.py first.'
            )
        for name in names:
            if name != name.strip() or len(name.splitlines()) != 1:
                raise InputError(
                    f'The patch {name!r} cannot be listed one name a line, '
                    f'since it begins or ends with a space or has a line '
                    f'break: rename it.'
                )
        self.names = names

    def read(self, name: str) -> np.ndarray:
        """Picture of a patch.

        Args:
            name: One of `names`.

        Returns:
            uint8 RGB (H, W, 3).

        Raises:
            InputError: If it cannot be read, is not an image or is damaged.
        """
        return decode_image(self._patches.read(name))[0]
