"""How one image file is restored: the task of the engines."""

import argparse
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from adacode_mm.core.exceptions import InputError
from adacode_mm.work.journal import Journal
from adacode_mm.work.places import FileIdentity, Place, read_bytes, write_bytes
from adacode_mm.work.plan import FORMATS, Job, Recipe, is_finished
from adacode_mm.work.report import Fate, Report

from .mask_files import WHITE, MaskFiles
from .model_options import restorer_from
from .output_size import OutputSize

if TYPE_CHECKING:
    from adacode_mm.images.picture import Picture

LOSSLESS = ('png', 'tiff', 'bmp')


class Loaded(NamedTuple):
    """An image that waits for the network.

    Attributes:
        picture: What was read.
        mask: Its mask, if it has one.
    """

    picture: 'Picture'
    mask: Place | None


@dataclass
class Restoring:
    """Reads, restores and writes; sent to other processes before `open`.

    Args:
        args: Options of the command.
        task: 'sr', 'inpaint' or 'reconstruct'.
        scale: Which the model must have; None takes any.
        composite: As of `Restorer`.
        masks: For 'inpaint'.
        options: What decides about the pixels of a result besides the image
            and the quality; JSON-able.
        wanted: Size of the results; None leaves what the network gives.
    """

    args: argparse.Namespace
    task: str
    scale: int | None
    composite: bool | None
    masks: MaskFiles | None
    options: dict
    wanted: OutputSize | None = None

    def __post_init__(self):
        self._restorer: Any = None
        self._lock = threading.Lock()
        self._read: dict[Job, list[FileIdentity]] = {}

    def __getstate__(self):
        return {**self.__dict__, '_restorer': None, '_lock': None}

    def __setstate__(self, state):
        self.__dict__.update(state, _lock=threading.Lock())

    def missing(
        self,
        jobs: Sequence[Job],
        journal: Journal | None,
        report: Report,
    ) -> list[tuple[str, Job]]:
        """Items for an engine: what is neither finished nor to be left.

        Args:
            jobs: All that was asked for.
            journal: Of the folder of the results, if it has one.
            report: Gets the fate of the others.
        """
        items = []
        for job in jobs:
            try:
                recipe = self._recipe(job, self._mask(job))
                if self.args.overwrite or not is_finished(
                    job, recipe, journal
                ):
                    items.append((job.input.name, job))
                else:
                    report.kept += 1
            except InputError as error:
                report.add(job.input.name, Fate.of(error))
        return items

    def open(self, threads: int | None = None) -> None:
        """Load the network; see `Task`."""
        if self._restorer is not None:
            return
        if threads is not None:
            import torch

            torch.set_num_threads(threads)
        self._restorer = restorer_from(
            self.args, self.task, self.scale, composite=self.composite
        )

    def load(self, job: Job) -> Loaded:
        """Read an image; see `Task`."""
        from adacode_mm.images.decode_file import decode_file
        from adacode_mm.images.read_picture import picture_of

        mask = self._mask(job)
        content = read_bytes(job.input.path)
        identities = [FileIdentity.of(job.input.path, content)]
        if mask is not None:
            identities.append(FileIdentity.of(mask))
        with self._lock:
            self._read[job] = identities
        if mask is None and self.masks:
            mask = WHITE
        return Loaded(picture_of(decode_file(content)), mask)

    def size(self, loaded: Loaded) -> int:
        """Number of pixels."""
        height, width = loaded.picture.pixels.shape[:2]
        return height * width

    def kind(self, loaded: Loaded) -> tuple[int, ...]:
        """Images of one size are computed together."""
        return loaded.picture.pixels.shape

    def compute(
        self, batch: list[Loaded], progress: Callable[[float, str], None]
    ) -> list['Picture']:
        """Restored pictures; see `Task`."""
        pictures = [each.picture for each in batch]
        masks = [each.mask for each in batch]
        if len(batch) == 1:  # whose errors then need no number
            results = [
                self._restorer.restore_picture(pictures[0], masks[0], progress)
            ]
        else:
            results = self._restorer(
                pictures,
                mask=None if self.masks is None else masks,
                batch_size=len(batch),
                progress=progress,
            )
        if self.wanted is None:
            return results
        return [
            self.wanted.reached(result, given.pixels.shape[:2])
            for result, given in zip(results, pictures, strict=True)
        ]

    def save(self, job: Job, result: 'Picture') -> Fate:
        """Write a picture; see `Task`. The journal gets (key, record)."""
        from adacode_mm.images.write_picture import encode_picture

        with self._lock:
            identities = self._read.pop(job)
        content, notes = encode_picture(
            result, _format(job), self.args.quality
        )
        write_bytes(job.output, content)
        inputs = [each.path for each in identities]
        record = self._recipe(job, None, inputs).record(
            FileIdentity.of(job.output, content), identities
        )
        return Fate('done', (job.key, record), (*result.notes, *notes))

    def _mask(self, job):
        return self.masks.of(job.input) if self.masks else None

    def _recipe(self, job, mask, inputs=None):
        if inputs is None:
            inputs = (
                [job.input.path]
                if mask is None
                else [
                    job.input.path,
                    mask,
                ]
            )
        options = dict(self.options)
        if _format(job) not in LOSSLESS:
            options['quality'] = self.args.quality
        return Recipe(inputs, options)


def _format(job):
    return FORMATS[job.below.suffix.lower()]
