"""How one image file is restored: the work of the pipeline."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from adacode_mm.core.atomic_files import writing
from adacode_mm.core.exceptions import InputError
from adacode_mm.images.picture import Picture
from adacode_mm.images.read_picture import read_picture
from adacode_mm.images.write_picture import write_picture
from adacode_mm.restoring.restorer import Restorer
from adacode_mm.work.claims import Claim, Claims
from adacode_mm.work.file_identity import FileIdentity
from adacode_mm.work.finished_work import Recipe, is_finished
from adacode_mm.work.output_names import FORMATS, Job
from adacode_mm.work.pipeline import Nothing

from .mask_files import WHITE, MaskFiles

LOSSLESS = ('png', 'tiff')


@dataclass(frozen=True)
class Settings:
    """What holds for all images.

    Args:
        options: What decides about the pixels of a result besides the image
            and the quality; JSON-able.
        quality: Of JPEG and WebP.
        overwrite_before: As of `is_finished`.
        masks: For 'inpaint'.
    """

    options: dict
    quality: int = 95
    overwrite_before: float | None = None
    masks: MaskFiles | None = None


class Loaded(NamedTuple):
    """An image that waits for the network, and its mask, if it has one."""

    picture: Picture
    mask: Path | str | None


class Restoring:
    """Reads, restores and writes, and claims what it is at.

    Args:
        restorer: Of any task.
        claims: Of this run, in the folder of the results.
        settings: For all images.
    """

    def __init__(self, restorer: Restorer, claims: Claims, settings: Settings):
        self.restorer = restorer
        self.claims = claims
        self.settings = settings
        self._lock = threading.Lock()
        self._held: dict[Job, tuple[Claim, Recipe, list[FileIdentity]]] = {}

    def name(self, item: Job) -> str:
        """How the report calls an image."""
        return item.input.name

    def load(self, item: Job) -> Loaded | Nothing:
        """Claim and read an image, unless it is finished.

        Raises:
            InputError: If it cannot be read or must not be written.
            OutputError: If nothing can be written.
        """
        settings = self.settings
        mask = settings.masks.of(item.input) if settings.masks else None
        recipe = self._recipe(item, mask)
        state = self.claims.state(item.below)
        before = settings.overwrite_before
        if is_finished(item.output, recipe, state, before):
            return Nothing.FINISHED
        claim = self.claims.take(item.below, state.record)
        if claim is None:
            return Nothing.ELSEWHERE
        with self._lock:
            self._held[item] = claim, recipe, []
        for path in recipe.inputs:
            self._held[item][2].append(_identity(path))
        if mask is None and settings.masks:
            mask = WHITE
        return Loaded(read_picture(item.input.path), mask)

    def size(self, loaded: Loaded) -> int:
        """Number of pixels."""
        height, width = loaded.picture.pixels.shape[:2]
        return height * width

    def kind(self, loaded: Loaded) -> tuple[int, ...]:
        """Images of one size are computed together."""
        return loaded.picture.pixels.shape

    def compute(
        self, batch: list[Loaded], progress: Callable[[float, str], None]
    ) -> list[Picture]:
        """Restored pictures.

        Raises:
            InputError: If one cannot be restored.
        """
        if len(batch) == 1:  # whose errors then need no number
            picture, mask = batch[0]
            return [self.restorer.restore_picture(picture, mask, progress)]
        masks = [each.mask for each in batch]
        return self.restorer(
            [each.picture for each in batch],
            mask=None if self.settings.masks is None else masks,
            batch_size=len(batch),
            progress=progress,
        )

    def save(self, item: Job, result: Picture) -> list[str]:
        """Write a picture and say that it is finished.

        Raises:
            InputError: If the format cannot hold it.
            OutputError: If it cannot be written.
        """
        with self._lock:
            claim, recipe, identities = self._held[item]
        with writing(item.output):
            item.output.parent.mkdir(parents=True, exist_ok=True)
        notes = write_picture(
            item.output, result, quality=self.settings.quality
        )
        record = recipe.record(item.output, identities)
        self.claims.finish(claim, record)
        with self._lock:
            del self._held[item]
        return [*result.notes, *notes]

    def drop(self, item: Job) -> None:
        """Leave an image that has failed to other runs."""
        with self._lock:
            held = self._held.pop(item, None)
        if held is not None:
            self.claims.give_back(held[0])

    def close(self) -> None:
        """Leave all to others that was not finished."""
        for item in list(self._held):
            self.drop(item)

    def _recipe(self, item, mask):
        inputs = [item.input.path] if mask is None else [item.input.path, mask]
        options = dict(self.settings.options)
        if FORMATS[item.output.suffix.lower()] not in LOSSLESS:
            options['quality'] = self.settings.quality
        return Recipe(inputs, options)


def _identity(path):
    try:
        return FileIdentity.of(path)
    except OSError as error:
        raise InputError(f'{path} cannot be read: {error.strerror}.') from None
