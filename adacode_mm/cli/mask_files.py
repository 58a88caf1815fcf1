"""Which mask belongs to which image."""

import os
from pathlib import Path, PurePosixPath

from adacode_mm.core.exceptions import InputError
from adacode_mm.images.formats import IMAGE_SUFFIXES
from adacode_mm.work.inputs import InputFile

WHITE = 'white'  # as of `Restorer`: the holes are white in the image already


class MaskFiles:
    """One mask for all images, or a folder with one for each.

    Args:
        path: A file; or a folder in which the mask of `a/b.jpg` is `a/b` with
            the ending of any image; or `WHITE`, unless there is such a file.

    Raises:
        InputError: If there is nothing.
    """

    def __init__(self, path: str | Path):
        self.path = Path(path)
        self._listed: dict[PurePosixPath, list[str]] = {}
        self.none = str(path) == WHITE and not self.path.exists()
        if not self.none and not self.path.exists():
            raise InputError(
                f'Expected a mask or a folder of masks at {path}, found '
                'nothing there: check --mask.'
            )

    def absolute(self) -> 'MaskFiles':
        """The same masks for processes that run in other folders."""
        if self.none:
            return self
        return MaskFiles(self.path.absolute())

    def of(self, image: InputFile) -> Path | None:
        """Mask of an image; None where its holes are white already.

        Raises:
            InputError: If there is none, or more than one.
        """
        if self.none:
            return None
        if not self.path.is_dir():
            return self.path
        below = image.below.parent
        names = [
            name
            for name in self._names(below)
            if os.path.splitext(name)[0] == image.below.stem
        ]
        if len(names) != 1:
            found = ' and '.join(names) or 'none'
            raise InputError(
                f'Expected one mask {image.below.with_suffix("")}.* in '
                f'{self.path}, found {found}.'
            )
        return self.path / below / names[0]

    def _names(self, below):
        """Names of images in a folder of the masks."""
        if below not in self._listed:
            folder = self.path / below
            self._listed[below] = sorted(
                each.name
                for each in (folder.iterdir() if folder.is_dir() else ())
                if each.suffix.lower() in IMAGE_SUFFIXES
            )
        return self._listed[below]
