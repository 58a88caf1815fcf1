"""The images that models make, kept so that a run can go on later."""

import hashlib
import io
import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from adacode_mm.core.atomic_files import write_atomically, writing
from adacode_mm.core.exceptions import InputError
from adacode_mm.evaluation.eval_images import read_eval_image
from adacode_mm.work.report import ProgressBar

from .degraded_inputs import InputOptions, Sample, read_sample
from .eval_sets import EvalSet
from .ledger import Ledger
from .result_folder import ResultFolder
from .table_model import TableModel, checked_result


class RestoredImage(NamedTuple):
    """A result of a model.

    Attributes:
        pixels: uint8, RGB (H, W, 3) or grey (H, W).
        key: Changes with the pixels and with what they are compared to.
        seconds: How long it took; None for a folder of results.
    """

    pixels: np.ndarray
    key: str
    seconds: float | None


class RestoredImages:
    """Computes what is not there, and reads what is.

    Args:
        folder: Where restored images are kept.
        options: How inputs are made.
        fresh: Compute everything again.
    """

    def __init__(self, folder: Path, options: InputOptions, fresh: bool):
        self.folder = folder
        self.options = options
        self.fresh = fresh

    def complete(
        self, model: TableModel, eval_set: EvalSet, bar: ProgressBar
    ) -> None:
        """Make the images of a set that were not made before.

        A result is made again if the model's file, its options, the input or
        the result itself has changed.

        Args:
            model: What makes them.
            eval_set: The images.
            bar: Told about each of them.

        Raises:
            InputError: If an image cannot be used.
            OutputError: If a result cannot be written.
        """
        if isinstance(model, ResultFolder):
            for _ in eval_set.images:
                bar.keep()
            return
        folder, ledger = self._place(model, eval_set.name)
        for image in eval_set.images:
            sample = read_sample(eval_set.name, image, self.options)
            key = _key(model, sample)
            path = folder / f'{image.name}.png'
            record = None if self.fresh else ledger.get(image.name, key)
            if record is not None and _hash_of(path) == record['sha256']:
                bar.keep()
                continue
            bar.within(f'{model.label} {image.name}', 0)
            model.open()
            start = time.perf_counter()
            restored = checked_result(model, sample, model.restore(sample))
            seconds = time.perf_counter() - start
            content = png(restored)
            write_atomically(path, content)
            digest = hashlib.sha256(content).hexdigest()
            record = {'sha256': digest, 'seconds': seconds}
            ledger.add(image.name, key, record)
            bar.within(model.label, 1)
            bar.computed(1)
        model.close()

    def read(
        self, model: TableModel, sample: Sample, ledger: Ledger | None = None
    ) -> RestoredImage:
        """A result that `complete` has made.

        Args:
            model: What made it.
            sample: Of what.
            ledger: As `ledger` returns it, so that it is read once.
        """
        truth = hashlib.sha256(sample.truth.tobytes()).hexdigest()
        if isinstance(model, ResultFolder):
            pixels = model.restore(sample)
            key = f'{truth} {model.content_key(sample)}'
            return RestoredImage(pixels, key, None)
        folder, found = self._place(model, sample.set_name, ledger)
        record = found.get(sample.name, _key(model, sample))
        if record is None:
            raise InputError(
                f'{sample.name} of {sample.set_name} must stay as it is '
                f'while the table is made, but it was changed: start again.'
            )
        pixels = read_eval_image(folder / f'{sample.name}.png')
        return RestoredImage(
            pixels, f'{truth} {record["sha256"]}', record['seconds']
        )

    def ledger(self, model: TableModel, set_name: str) -> Ledger | None:
        """What was finished of a set; None for a folder of results."""
        if isinstance(model, ResultFolder):
            return None
        return self._place(model, set_name)[1]

    def _place(self, model, set_name, ledger=None):
        folder = self.folder / file_name(set_name) / file_name(model.label)
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
        return folder, ledger or Ledger(folder / 'finished.jsonl')


def file_name(text: str) -> str:
    """A text as a name of a file, different for different texts."""
    safe = re.sub(r'[^\w.+-]', '_', text)
    if safe == text and not text.startswith('.'):
        return text
    return f'{safe.strip(".")}-{hashlib.sha256(text.encode()).hexdigest()[:6]}'


def total_images(sets: Sequence[EvalSet], models: Sequence) -> int:
    """How many results a table has."""
    return len(models) * sum(len(each.images) for each in sets)


def _key(model, sample):
    digest = hashlib.sha256(model.key().encode())
    for part in (sample.truth, sample.input, sample.mask):
        if part is not None:
            digest.update(str(part.shape).encode())
            digest.update(np.ascontiguousarray(part).tobytes())
    return digest.hexdigest()


def _hash_of(path):
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return None


def png(image: np.ndarray) -> bytes:
    """A uint8 image, RGB (H, W, 3) or grey (H, W), as a PNG file."""
    file = io.BytesIO()
    Image.fromarray(image).save(file, 'PNG', compress_level=3)
    return file.getvalue()
